"""Calico's selector language: lexer, nodes with ranges, parser, printer, evaluation (calico.md 3).

Standard library only; rewriting of API selectors to label matches (calico.md 3.5) is not part of the language.
"""
