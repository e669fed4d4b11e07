"""Results for people and programs: one file for each result, each as text, JSON and Markdown.

Nothing here decides anything; what is shown is the data that the other rooms return.
"""
