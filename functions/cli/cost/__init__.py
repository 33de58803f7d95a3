"""What a month in AWS costs, from the synthesized templates: read, priced, added up, shown.

A resource that nobody gave a price, or a reason to be free, is an error: nothing slips by unpriced.
"""
