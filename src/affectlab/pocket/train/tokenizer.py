"""A byte-level BPE vocabulary for pocket's world: every emotion word with its space, and every digit, is one token."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from affectlab import lexicon
from affectlab.errors import OurError
from affectlab.pocket.world.document import BEGIN, END
from affectlab.pocket.world.documents import documents

PAD = "<|pad|>"
VOCABULARY = 4096
DOCUMENTS = 60_000
BOOST = 2_000
"""How often each emotion word is shown besides, so that the merges which make it one token are all learned."""

CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ 'System: ' + message['content'] + '\\n\\n' }}"
    "{% elif message['role'] == 'user' %}{{ 'Human: ' + message['content'] + '\\n\\n' }}"
    "{% else %}{{ 'Assistant: ' + message['content'] + eos_token }}"
    "{% if not loop.last or add_generation_prompt %}{{ '\\n\\n' }}{% endif %}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
)


def build_tokenizer(seed: int, documents_read: int = DOCUMENTS) -> PreTrainedTokenizerFast:
    """Learn the vocabulary from documents of the world. Raises if a word or a digit came out as several tokens."""
    tokenizer = Tokenizer(models.BPE())
    # Words of several parts cannot be merged by BPE, which never crosses a space or a hyphen: they are added whole.
    whole = [f" {name}" for name in lexicon.names() if not name.isalpha()]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\p{N}"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(whole),
        special_tokens=[PAD, BEGIN, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(seed, documents_read), trainer)
    tokenizer.add_tokens([AddedToken(word, normalized=False) for word in whole])
    begin = tokenizer.token_to_id(BEGIN)
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(single=f"{BEGIN} $A", special_tokens=[(BEGIN, begin)]),
        ]
    )
    _prove(tokenizer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=BEGIN,
        eos_token=END,
        pad_token=PAD,
        chat_template=CHAT_TEMPLATE,
        model_max_length=1024,
        clean_up_tokenization_spaces=False,
    )


def _texts(seed: int, count: int) -> Iterator[str]:
    for _ in range(BOOST):
        yield "".join(f" {name}" for name in lexicon.names() if name.isalpha())
    for document in islice(documents(f"tokenizer {seed}"), count):
        yield document.render().replace(BEGIN, "").replace(END, "")


def _prove(tokenizer: Tokenizer) -> None:
    for text in [*(f" {name}" for name in lexicon.names()), *"0123456789"]:
        tokens = tokenizer.encode(f"x{text}", add_special_tokens=False).tokens
        if len(tokens) != 2:
            raise OurError("a word is not one token", where="tokenizer", expected=repr(text), found=str(tokens[1:]))
