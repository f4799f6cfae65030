"""Whether a word is another one with a mistake in it. Pure."""

from core.search.text import is_thai

# A shorter word is another word, not a misspelt one.
MISSPELT_MIN = 5
# Letters from which on two mistakes are one misspelling.
MISSPELT_TWICE_MIN = 9


def misspelt(word: str, other: str) -> bool:
    """Whether one may be the other with a mistake in it: a letter too many, missing, wrong or in
    its neighbour's place; in a long word two of them. Numbers and Thai words are never alike."""
    shorter, longer = sorted((len(word), len(other)))
    if shorter < MISSPELT_MIN or longer > shorter + 2 or word[0] != other[0]:
        return False
    if is_thai(word) or is_thai(other):
        return False
    if any(character.isdigit() for character in word + other):
        return False
    return distance(word, other) <= (2 if shorter >= MISSPELT_TWICE_MIN else 1)


def distance(word: str, other: str) -> int:
    """Levenshtein's, where neighbours that changed places are one mistake (string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word, 1):
        last, before, row = before, row, [i]
        for j, another in enumerate(other, 1):
            best = min(row[j - 1] + 1, before[j] + 1, before[j - 1] + (letter != another))
            if i > 1 and j > 1 and (letter, word[i - 2]) == (other[j - 2], another):
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return row[-1]
