"""For the server of `programs`: PyThaiNLP keeps its dictionary, which takes half a second to make.

Loaded for that alone.
"""

from pythainlp.tokenize import word_dict_trie

word_dict_trie()
