"""The engine, and the evaluator that judges beside it, against verdicts that Calico's own code gave."""
