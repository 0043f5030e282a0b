"""What `evaluate.py` measures of its runs, and how it shows that."""
