"""The content words of a sentence, as stems: what the two banks may not share.

All forms of a word have one stem: plurals, tenses, comparatives and adverbs, the irregular ones by a table. Of words
made from other words, only those in `RELATED` have the stem of their origin; no other prefix, compound or ending such
as -ure is looked into, so press and pressure, play and replay, name and surname count as different words. Two words
that look alike share a stem (a fair price, a village fair), as do a few that differ (corn and corner).
"""

from __future__ import annotations

import re

FUNCTION_WORDS = set(
    """
    a an the and or but nor so yet if then than as at by for from in into of off on onto out over under up down to
    toward towards with without within about above across after against along among around before behind below beneath
    beside besides between beyond during except inside near outside past since through throughout till until upon via
    i me my mine myself we us our ours ourselves you your yours yourself he him his himself she her hers herself it its
    itself they them their theirs themselves one ones oneself this that these those here there where when why how what
    which who whom whose whatever whichever whoever wherever whenever is am are was were be been being do does did done
    doing have has had having will would shall should can could may might must cannot not no never none nothing nobody
    nowhere neither either each every all any both few more most much many some such other others another own same only
    just even still also too very quite rather almost again ever once twice now soon later already always often
    sometimes away back together apart else instead perhaps maybe don doesn didn isn wasn weren couldn wouldn shouldn
    hasn haven hadn aren ain ll re ve get gets got getting go goes went gone going come comes came coming make makes
    made making take takes took taken taking put puts let lets first second third last next two three four five six
    seven eight nine ten half because though although while unless whether like everything everyone everybody anything
    anyone anybody something someone somebody somewhere anywhere everywhere yes oh well ok okay
    """.split()
)
IRREGULAR = """
    bad worse worst, beat beaten, become became, begin began begun, bend bent, bite bit bitten, blow blew blown,
    break broke broken, bring brought, build built, bus buses, buy bought, calf calves, catch caught, child children,
    choose chose chosen, cling clung, creep crept, criterion criteria, deal dealt, dig dug, draw drew drawn,
    dream dreamt, drink drank drunk, drive drove driven, eat ate eaten, fall fell fallen, far farther further, feed fed,
    feel felt, fight fought, find found, flee fled, fling flung, fly flew flown, foot feet, forbid forbade forbidden,
    forget forgot forgotten, forgive forgave forgiven, freeze froze frozen, give gave given, good better best,
    goose geese, grind ground, grow grew grown, hang hung, hear heard, hide hid hidden, hold held,
    hypothesis hypotheses, keep kept, kneel knelt, knife knives, know knew known, lay laid lain, lead led, leap leapt,
    learn learnt, leave left, less lesser least, light lit, loaf loaves, lose lost, man men, mean meant, meet met,
    mislay mislaid, overtake overtaken, pay paid, rebuild rebuilt, redo redid redone, repay repaid,
    rewrite rewrote rewritten, ride rode ridden, ring rang rung, rise rose risen, run ran, say said, see saw seen,
    sell sold, send sent, shake shook shaken, shine shone, shoot shot, show shown, shrink shrank, sing sang sung,
    sink sank sunk sunken, sit sat, sleep slept, slide slid, slink slunk, speak spoke spoken, speed sped, spend spent,
    spin spun, spit spat, spring sprang sprung, stand stood, steal stole stolen, stride strode, strike struck,
    string strung, swear swore sworn, sweep swept, swell swollen, swim swam, swing swung, teach taught,
    tear tore torn, tell told, think thought, thief thieves, throw threw thrown, tooth teeth, tread trod trodden,
    understand understood, undo undid undone, wake woke woken, weep wept, win won, wind wound, withdraw withdrew
    withdrawn, withhold withheld, wolf wolves, woman women, wring wrung, write wrote written
"""
RELATED = """
    accuse accusation, agree agreed, aim aimless, allow allowance, care careful careless, child childhood,
    confess confession, contest contestant, deep deepen, detect detector, die dead, familiar unfamiliar, guide guidance,
    inspect inspector, light lighten unlit, long length, mark unmarked, open reopen, pay unpaid, quick quicken,
    receive receipt, recite recital, remove removal, sell unsold, serve service, silent silence, simple simply,
    spark sparkle, speak speech, spine spineless, thief theft, tone toneless, train trainee, use unused disuse,
    visit revisit, wait await, weigh weight weightless
"""
SHORT = re.compile(r"[^aeiou]*[aeiouy][^aeiouwxy]")
"""What is left of a word such as "baked" that has lost an e to its ending; "barked" and "barred" have lost none."""


def content_words(sentence: str) -> set[str]:
    """Stems of all words but function words; slots such as {S} do not count."""
    words = re.findall(r"[a-z]+", re.sub(r"\{[A-Z]\}", " ", sentence).lower())
    return {stem(word) for word in words if word not in FUNCTION_WORDS and len(word) > 1}


def stem(word: str) -> str:
    """The same for all forms of a word."""
    root = _without_ending(BASES.get(word, word))
    return ROOTS.get(root, root)


def _without_ending(word: str) -> str:
    word = re.sub(r"(?<=..)ie[ds]$", "y", word)
    word = re.sub(r"(?<=...)(?<![isu])s$", "", word)
    word = re.sub(r"(?<=...)(?<!pp)(?:ly|ness)$", "", word)
    for ending in ("(?<!e)(?:ed|ing)", "(?<![aeou])(?:er|est)"):
        if found := re.fullmatch(f"(.*[aeiouy].*){ending}", word):
            word = found[1] + "e" if SHORT.fullmatch(found[1]) else found[1]
    if word.endswith("e") and not SHORT.fullmatch(word[:-1]):
        word = word[:-1]
    if len(word) > 3:
        word = re.sub(r"(?<=[^aeiou])[iy]$", "", word)
    return re.sub(r"(?<=..)([^aeiou])\1$", r"\1", word)


def _first(table: str) -> dict[str, str]:
    """Every word of a table, with the first of its family."""
    families = [family.split() for family in table.split(",")]
    return {word: family[0] for family in families for word in family}


BASES = _first(IRREGULAR)
ROOTS = {_without_ending(word): _without_ending(first) for word, first in _first(RELATED).items()}
