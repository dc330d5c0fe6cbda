"""The search index of a node: which incidents there are by substance, country and day, and what recognises goods.

Made of what the node holds, and made anew from it whenever it is not there.
"""
