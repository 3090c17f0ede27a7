"""What one stored payload says.

| file | what it answers |
|---|---|
| payload.py | what of its JSON can be read |
| named.py | whom it names, in order |
| consent.py | what it says about consent |
| amounts.py | what a purchase amounts to |
| record.py | all of it |
"""
