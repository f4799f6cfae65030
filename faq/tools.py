"""The assistant's tool over the FAQs."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings

from core.search.clauses import clauses
from core.search.serving import serving
from core.search.text import PLACES, SYNONYMS, language_of, normalise
from core.tools import Source, ToolContext, ToolError, ToolResult
from faq.asked import (
    ASKING,
    FOREIGNERS,
    asked_apart,
    asks_how,
    asks_to_own,
    is_asking,
    is_beside_a_home,
    is_of_a_thai,
    is_yes_or_no,
    kinds_before,
    lexemes_in,
    of_any_nation,
    of_couple,
    of_foreign_spouse,
    of_transfer,
    to_see,
    wishes,
    with_place,
)
from faq.grounds import (
    KIND_NAMES,
    KINDS,
    TALK,
    Concept,
    Lexemes,
    as_legal_kinds,
    asked_as,
    closeness,
    concepts,
    grounds,
    held_in,
    is_elsewhere,
    is_of_a_price,
    is_of_a_spouse,
    is_of_owning,
    law_of,
    legal_kinds,
    lexemes_of,
    most_held,
    named_among,
    rarities_of,
    respelt,
    share,
    synonyms,
    without_talk,
    words_of,
)
from faq.models import Document, Language
from faq.ranking import look_up_words
from faq.search import QUERY_MAX_LENGTH, search, surest_of

# What the assistant reads: one FAQ, or the best few.
RESULTS = 3
# Of which the one is chosen that an answer without a model quotes.
CANDIDATES = 8
CLOSENESS_SHARE = 0.3
NAMED_SHARE = 0.02
SAID_SHARE = 0.1
# Below the best one's share of confidence another FAQ is not worth naming.
NEARLY_AS_GOOD = 0.6
# A FAQ in the visitor's language is taken before a slightly better one in another.
OWN_LANGUAGE = 1.25

FRAMES = {
    "en": "From our FAQ “{question}”: {answer}",
    "th": "จากคำถามที่พบบ่อยของเรา “{question}”: {answer}",
    "ru": "Из наших частых вопросов «{question}»: {answer}",
}
# A FAQ that covers so much of a question, but too little to be quoted, may be what is meant; 0..1.
# Of some 130 questions that no FAQ answers two come so far; of those that one answers, over half of
# what is not quoted.
NEAR_FLOOR = 0.4
# Of what was asked so much must stand in its own question, which is all that a visitor sees of it,
# or in another way to ask it.
NEAR_QUESTION = 0.3
# What the worth of a FAQ comes to that names another kind of home, or answers yes or no to a "how".
OTHER_KIND = 0.8
OTHER_FORM = 0.9
# And by another way to ask it: of two that are as close, its own question tells more.
OTHER_WAY = 0.92
# Of another way to ask it so much must be asked, or it is suggested only: "how much does a villa
# cost" is not "what does a villa cost to build".
OTHER_WAY_MIN = 0.6
SUGGESTIONS = {
    "en": "Perhaps you mean “{question}” Say “yes”, and I will answer that.",
    "th": "คุณอาจหมายถึง “{question}” พิมพ์ว่า “ใช่” เพื่อดูคำตอบ",
    "ru": "Возможно, вы имели в виду «{question}» Напишите «да», и я отвечу.",
}
YES = re.compile(
    r"\W*(?:yes|yeah|yep|yup|sure|да|ага|угу|ใช่|ใช่แล้ว)(?:\W*(?:please|it is|exactly|thanks"
    r"|пожалуйста|именно|ครับ|ค่ะ|คะ|เลย))*\W*"
)
NOTHING = "No FAQ answers this. Say so, and offer to pass the question on to the team."

# A word of a question is often another one in the FAQ, so less of it is expected to be there.
ASKED_EXPONENT = 0.75
WANTED_FACTOR = 0.7
# Of a FAQ's own question so much, by rarity, is in a wish that asks it.
ASKED_MIN = 0.5

Result = dict[str, Any]


def confidence(text: str, found: float) -> float:
    """How sure a FAQ is what was asked, by the confidence of the search and the form of the text.

    0..1; half of the words of a question are worth more than half of a wish.
    """
    if ASKING.search(normalise(text)):
        return round(found**ASKED_EXPONENT, 4)
    return round(found * WANTED_FACTOR, 4)


def nearly_as_good(results: list[Result]) -> list[Result]:
    """Without those that are far less sure than the surest, in the order in which they were."""
    enough = NEARLY_AS_GOOD * surest_of(results)
    return [result for result in results if result["confidence"] >= enough]


def sources(results: list[Result]) -> tuple[Source, ...]:
    return tuple(Source(**result["source"], score=result["score"]) for result in results)


class FaqRag:
    name = "faq_rag"
    description = (
        "Search this company's frequently asked questions: its rules, prices, payments, "
        "procedures, laws and taxes as it explains them. Not for finding homes or listings."
    )
    parameters: dict[str, Any] = {
        "type": "object",
        "properties": {
            "query": {
                "type": "string",
                "description": "The visitor's question, in the visitor's own words and language.",
                "minLength": 1,
                "maxLength": QUERY_MAX_LENGTH,
            },
            "language": {
                "type": "string",
                "enum": Language.values,
                "description": "Only FAQs in this language. Leave out to search all.",
            },
        },
        "required": ["query"],
        "additionalProperties": False,
    }

    def run(self, arguments: dict[str, Any], context: ToolContext) -> ToolResult:
        query, language = read_arguments(arguments)
        return self.look_up(query, context, language)

    def offline(self, text: str, context: ToolContext) -> ToolResult | None:
        """The one FAQ that covers the question, quoted, or one that may do so, suggested; None
        rather than something like it. A "yes" is said to what was suggested last."""
        query = text.strip()[:QUERY_MAX_LENGTH]
        if not query:
            return None
        if context.earlier and YES.fullmatch(normalise(query)):
            return self.agreed(context)
        if serving(Document._meta.label_lower).semantic:
            found = self.look_up(query, context, None)
            return replace(found, sources=found.sources[:1]) if found.found else None
        query = of_couple(query, context.earlier)
        parts = clauses(query)
        apart = asked_apart(parts)
        answers = {part: self.of_part(part, parts, context) for part in apart}
        if known := [answer for answer in answers.values() if answer]:
            return joined(known, tuple(part for part in apart if not answers[part]))
        if apart and is_beside_a_home(parts):
            return None
        return self.of_one(query, context)

    def of_part(self, part: str, parts: Sequence[str], context: ToolContext) -> ToolResult | None:
        """The answer to one of several questions, or to one beside a wish."""
        beside = " ".join(other for other in parts if other != part)
        place = "" if named_among(PLACES, lexemes_in(part)) else beside
        context = replace(context, earlier=(*context.earlier, beside))
        found = self.of_one(part, context, place)
        return found if found and found.found else None

    def of_one(self, query: str, context: ToolContext, beside: str = "") -> ToolResult | None:
        """The one FAQ that is quoted, or suggested: for the question as it was asked, or else as it
        is meant. `beside`: what names the place that is asked about, where the question does not.
        """
        if viewing := to_see(query):
            seen = self.of_words(viewing, context, "")
            if seen and seen.found:
                return replace(seen, confidence=1.0)  # what is wished for is no list of homes
        query = of_transfer(of_foreign_spouse(query))
        found = self.of_words(query, context, beside)
        if found and found.found:
            return found
        if there := with_place(query, context.earlier):
            return self.of_words(there, context, "") or found
        of_any = of_any_nation(query)
        return (
            found if of_any == normalise(query) else self.of_words(of_any, context, beside) or found
        )

    def of_words(self, query: str, context: ToolContext, beside: str) -> ToolResult | None:
        thai = is_of_a_thai(query, context.earlier)
        if not thai and (told := self.of_foreigners(query, context)):
            return told
        best = best_covered(query, context.language)
        if best is None or (thai and (best.law or is_of_owning(lexemes_in(query)))):
            return None
        if best.law and is_of_a_spouse(lexemes_in(query), best.faq):
            return None
        if not best.is_of_kind_asked:
            return None if best.kinds_asked else self.by_kind(query, context)
        if beside and is_elsewhere([Concept(lexemes_in(beside), 1.0)], best.faq):
            return None
        if best.covered < min(NEAR_FLOOR, settings.FAQ.grounds_floor):
            return None
        if not is_grounded(best) or (best.of_a_price and is_yes_or_no(query)):
            if best.in_question < NEAR_QUESTION:
                return None
            return ToolResult(
                content=NOTHING,
                suggestion=suggestion(best.result, context.language),
                confidence=best.covered,
                found=False,
            )
        return quoted([best], query)

    def of_foreigners(self, query: str, context: ToolContext) -> ToolResult | None:
        """Who may own what, to whoever asks it of "me", or of nobody: "can I buy a villa?"."""
        lexemes = lexemes_in(query)
        if not asks_to_own(query, lexemes):
            return None
        foreigner = FOREIGNERS.get(language_of(query), FOREIGNERS["en"])
        if len(named_among(KINDS, lexemes)) != 1:
            of_all = replace(context, earlier=(*context.earlier, query))
            return self.by_kind(foreigner, of_all, query)
        best = best_covered(f"{query} {foreigner}", context.language)
        known = best and best.law and best.is_of_kind_asked
        return quoted([best], query) if best and known and is_grounded(best) else None

    def by_kind(self, query: str, context: ToolContext, asked: str = "") -> ToolResult | None:
        """Who may own "it", by the kind that was spoken of before: a condominium is no land. Where
        that is not clear, who may own each kind, or nothing: also where the question names a kind
        that no FAQ is about. `asked`: what was said, where `query` is what it means."""
        before = kinds_before(context.earlier)
        names = KIND_NAMES.get(language_of(query), KIND_NAMES["en"])
        answers: list[Best] = []
        for kind, name in zip(KINDS, names, strict=True):
            if before and kind not in before:
                continue
            if answer := best_covered(f"{query} {name}", context.language, kind):
                answers.append(answer)
        if not answers or not all(map(is_grounded, answers)):
            return None
        return quoted(answers, asked or query)

    def agreed(self, context: ToolContext) -> ToolResult | None:
        """What was suggested last, quoted."""
        query = context.earlier[-1].strip()[:QUERY_MAX_LENGTH]
        for result in candidates(query).results:
            if suggestion(result, language_of(query)) in context.replied:
                return replace(told([result], query, 1.0), whole=True)
        return None

    def look_up(self, query: str, context: ToolContext, language: str | None) -> ToolResult:
        found = search(query, limit=RESULTS, language=language, own=context.language)
        results = nearly_as_good(found.results)
        sure = confidence(query, surest_of(results))
        if sure < settings.FAQ.confidence_floor:
            return ToolResult(content=NOTHING, confidence=sure, found=False)
        return told(results, query, sure)


def told(results: list[Result], query: str, sure: float) -> ToolResult:
    """All results for a model to read; the first, quoted, for a visitor."""
    best = results[0]
    frame = FRAMES.get(language_of(query), FRAMES["en"])
    return ToolResult(
        content="\n\n".join(f"FAQ: {r['question']}\n{r['answer']}" for r in results),
        answer=frame.format(question=best["question"], answer=best["answer"]),
        sources=sources(results),
        confidence=sure,
    )


def quoted(answers: Sequence["Best"], query: str) -> ToolResult:
    return joined([told([best.result], query, sureness(query, best)) for best in answers])


def sureness(query: str, best: "Best") -> float:
    """Of a wish a FAQ that only shares a word with it ("freehold land") says little beside
    listings: less, the less of its own question is asked."""
    if is_asking(query) and not wishes(query):
        return confidence(query, best.covered)
    near = 1 if best.closeness >= ASKED_MIN else best.closeness
    return round(WANTED_FACTOR * best.covered * near, 4)


def joined(results: Sequence[ToolResult], left: tuple[str, ...] = ()) -> ToolResult:
    """Each of them once; as sure as the least sure one. `left`: what none of them answers."""
    each = list({result.sources: result for result in results}.values())
    return ToolResult(
        content="\n\n".join(result.content for result in each),
        answer="\n\n".join(result.answer for result in each),
        sources=tuple(source for result in each for source in result.sources),
        confidence=min(result.confidence for result in each),
        left=left,
    )


def suggestion(result: Result, language: str) -> str:
    frame = SUGGESTIONS.get(language, SUGGESTIONS["en"])
    return frame.format(question=result["question"])


@dataclass(frozen=True)
class Candidates:
    """What is asked for, as a FAQ of who may own what calls it, in which words, and the FAQs that
    may answer it, of `documents` that there are."""

    asked: list[Concept]
    asked_of_law: list[Concept]
    said: frozenset[str]
    results: list[Result]
    documents: int


def candidates(query: str) -> Candidates:
    words = look_up_words(without_talk(query))
    spelt = respelt(t.lexeme for t in words.terms if not t.documents and t.lexeme not in SYNONYMS)
    lexemes = [spelt.get(term.lexeme, term.lexeme) for term in words.terms]
    kinds = legal_kinds(lexemes)
    others = sorted({*spelt.values(), *kinds.values(), *synonyms(lexemes)})
    held = {term.lexeme: term.documents for term in words.terms} | held_in(others)
    asked = concepts({lexeme: most_held(lexeme, held) for lexeme in lexemes}, words.documents)
    own = language_of(query)  # the other words are of all languages
    results = search(" ".join([query, *others]), limit=CANDIDATES, own=own).results
    said = frozenset(lexemes) - TALK
    return Candidates(asked, as_legal_kinds(asked, kinds), said, results, words.documents)


@dataclass(frozen=True)
class Best:
    """The FAQ that covers a question best, by the one of its questions that does (`faq`), with how
    much of it (see faq.grounds), how much that question holds, and how much of that is asked;
    `law`: the kinds that it says who may own; `of_a_price`: whether it says what something costs,
    which was not asked."""

    result: Result
    covered: float
    in_question: float
    closeness: float
    of_a_price: bool
    law: set[frozenset[str]]
    kinds_asked: set[frozenset[str]]
    faq: Lexemes

    @property
    def is_of_kind_asked(self) -> bool:
        """What one may own of one kind is no answer about another one, or about "it"."""
        return len(self.law) != 1 or self.law <= self.kinds_asked


def is_grounded(best: Best) -> bool:
    return may_answer(best.faq, best.closeness) and best.covered >= settings.FAQ.grounds_floor


def may_answer(faq: Lexemes, close: float) -> bool:
    """What is asked in too little of another way may only be suggested."""
    return not faq.is_alternate or close >= OTHER_WAY_MIN


def best_covered(query: str, language: str, kind: frozenset[str] | None = None) -> Best | None:
    """Of all, or of those that say who may own a `kind`."""
    found = candidates(query)
    faqs = lexemes_of([result["id"] for result in found.results])
    rarities = rarities_of(words_asked_by(faqs.values()), found.documents)
    wished = wishes(query)  # not asked, in whatever way

    def worth(asked_so: tuple[Result, Lexemes]) -> tuple[bool, float]:
        """Of two that are about as close, the one that holds the visitor's own words, and no others
        for them, and that staff call what was asked. What may only be suggested comes last."""
        result, faq = asked_so
        asked = found.asked_of_law if law_of(faq) else found.asked
        close = closeness(asked, faq, rarities)
        near = grounds(asked, faq) + CLOSENESS_SHARE * close
        near += NAMED_SHARE * share(asked, faq.slug)
        near += SAID_SHARE * len(found.said & faq.question) / max(len(found.said), 1)
        own = OWN_LANGUAGE if result["language"] == language else 1.0
        other = OTHER_KIND if is_elsewhere(asked, faq, KINDS) else 1.0
        form = OTHER_FORM if asks_how(query) and is_yes_or_no(result["question"]) else 1.0
        way = OTHER_WAY if faq.is_alternate else 1.0
        return may_answer(faq, close), own * other * form * way * near

    known = [
        (result, way)
        for result in found.results
        if (faq := faqs.get(result["id"])) and (kind is None or law_of(faq) == {kind})
        for way in ([faq] if wished else asked_as(found.asked, faq, rarities))
    ]
    best, faq = max(known, key=worth, default=(None, None))
    if best is None or faq is None:
        return None
    asked = found.asked_of_law if law_of(faq) else found.asked
    kinds_asked = named_among(KINDS, words_of(asked))
    covered, in_question = grounds(asked, faq), share(asked, faq.question)
    near, of_a_price = closeness(asked, faq, rarities), is_of_a_price(asked, faq)
    return Best(best, covered, in_question, near, of_a_price, law_of(faq), kinds_asked, faq)


def words_asked_by(faqs: Iterable[Lexemes]) -> set[str]:
    """All that their questions hold, however they are asked."""
    return {word for faq in faqs for way in (faq.question, *faq.alternates) for word in way}


def read_arguments(arguments: dict[str, Any]) -> tuple[str, str | None]:
    """Raises ToolError with a sentence for the model."""
    if unknown := set(arguments) - set(FaqRag.parameters["properties"]):
        raise ToolError(f"Unknown arguments: {', '.join(sorted(map(str, unknown)))}.")
    query, language = arguments.get("query"), arguments.get("language")
    if not isinstance(query, str) or not 1 <= len(query.strip()) <= QUERY_MAX_LENGTH:
        raise ToolError(f"query must be a text of 1 to {QUERY_MAX_LENGTH} characters.")
    if language is not None and language not in Language.values:
        raise ToolError(f"language must be one of {', '.join(Language.values)}.")
    return query, language


faq_rag = FaqRag()
