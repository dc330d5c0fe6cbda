"""Records: what the sections of messages say, as types that agree with the schemas field by field.

Every field is documented, with its unit, in its schema under ``schemas/avro/``; the types say no more than that.
"""
