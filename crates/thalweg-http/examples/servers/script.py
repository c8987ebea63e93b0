#!/usr/bin/env python3
"""Makes a model that says what it is told, for llama.cpp's server: `script.py SCRIPTS.json OUT.gguf`.

The server is the real one, and so are its sampling, its parsing of reasoning and of tool calls, and its stream. Only the
weights are made up. Each script of SCRIPTS.json is what the answer is to be: `reasoning`, `text` and `calls`, and
`again` where it never ends. It is written as a Qwen3 model would write it, and cut at random bytes into tokens of which
none comes twice, so that each token has one successor:

- the embedding of a token is a coordinate of its own, and the output layer makes its successor certain;
- a prompt picks a script by holding its marker, `<|NAME|>`: the one attention head looks for markers alone and adds the
  coordinate of the one it finds, which the output layer answers with the first token of that script;
- a prompt without a marker gets the first script. What a prompt says besides is ignored.

Characters of several bytes are cut too, which is what a server has to put together again.

A server that is told of tools makes a grammar of their schemas, and a model can say only what that allows: members of
arguments are in the order in which the request has them, which is that of their names.
"""

import json
import random
import sys

import gguf
import numpy as np

HEAD = 32
"""Width of the attention head, and with it the most scripts there may be."""

STILL = HEAD - 2
"""The coordinate of queries and keys that rotates slowest with the position: at the base below not at all."""

ROPE_BASE = 1e12


def printable():
    """The character that stands for each byte in a byte-level vocabulary: itself, or one above U+0100."""
    own = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [byte for byte in range(256) if byte not in own]
    return {**{byte: chr(byte) for byte in own}, **{byte: chr(0x100 + n) for n, byte in enumerate(rest)}}


PRINTABLE = printable()


def written(script):
    """The bytes a Qwen3 model would write to give this answer."""
    text = script.get("text", "")
    if "reasoning" in script:
        text = f"<think>\n{script['reasoning']}</think>\n\n{text}"
    calls = [
        f'<tool_call>\n{{"name": {json.dumps(call["name"])}, "arguments": {call["arguments"]}}}\n</tool_call>'
        for call in script.get("calls", [])
    ]
    return (text + "\n".join(calls)).encode()


def pieces(body, taken, rng):
    """Cuts a body into pieces of two to eight bytes, none of them in `taken` and none twice, going back where it must."""
    cuts = [0]
    tried = [rng.sample(range(2, 9), 7)]
    while cuts[-1] < len(body):
        if not tried[-1]:
            taken.discard(body[cuts[-2] : cuts[-1]] if len(cuts) > 1 else b"")
            cuts.pop()
            tried.pop()
            if not cuts:
                sys.exit("a script repeats itself too much to be cut into pieces that differ")
            continue
        end = cuts[-1] + tried[-1].pop()
        if end <= len(body) and body[cuts[-1] : end] not in taken:
            taken.add(body[cuts[-1] : end])
            cuts.append(end)
            tried.append(rng.sample(range(2, 9), 7))
    return [body[start:end] for start, end in zip(cuts, cuts[1:])]


class Vocabulary:
    """Tokens with their kinds, and which follows which."""

    def __init__(self, scripts):
        self.tokens = [PRINTABLE[byte] for byte in range(256)]
        self.kinds = [gguf.TokenType.NORMAL] * 256
        self.start = self.add("<|im_start|>", gguf.TokenType.CONTROL)
        self.end = self.add("<|im_end|>", gguf.TokenType.CONTROL)
        self.next = {}
        self.marks = []
        self.first = {}
        taken, rng = set(), random.Random(5)
        for name, script in scripts.items():
            mark = self.add(f"<|{name}|>", gguf.TokenType.CONTROL)
            ids = [
                self.add("".join(PRINTABLE[byte] for byte in piece), gguf.TokenType.NORMAL)
                for piece in pieces(written(script), taken, rng)
            ]
            last = ids[0] if script.get("again") else self.end
            self.next.update(zip(ids, [*ids[1:], last]))
            self.marks.append(mark)
            self.first[mark] = ids[0]

    def add(self, token, kind):
        self.tokens.append(token)
        self.kinds.append(kind)
        return len(self.tokens) - 1


def weights(vocabulary):
    """The tensors by name. The first norm makes of a coordinate of 1 one of `unit`, the last one of `unit` or less."""
    count = len(vocabulary.tokens)
    width = (count + 63) // 64 * 64
    unit = float(np.sqrt(width))
    ones = np.ones(width, np.float32)

    embedding = np.zeros((count, width), np.float32)
    embedding[np.arange(count), np.arange(count)] = 1

    output = np.zeros((count, width), np.float32)
    for token in range(count):
        if token in vocabulary.next:
            output[vocabulary.next[token], token] = 1000 / unit
        elif token in vocabulary.first:
            output[vocabulary.first[token], token] = 200 / unit
        else:
            output[vocabulary.first[vocabulary.marks[0]], token] = 50 / unit

    query, key, value = (np.zeros((HEAD, width), np.float32) for _ in range(3))
    query[STILL, :] = 20 / unit
    back = np.zeros((width, HEAD), np.float32)
    for n, mark in enumerate(vocabulary.marks):
        key[STILL, mark] = 20 / unit
        value[n, mark] = 1 / unit
        back[mark, n] = 1

    return width, {
        "token_embd": embedding,
        "output_norm": ones,
        "output": output,
        "blk.0.attn_norm": ones,
        "blk.0.attn_q": query,
        "blk.0.attn_k": key,
        "blk.0.attn_v": value,
        "blk.0.attn_output": back,
        "blk.0.ffn_norm": ones,
        "blk.0.ffn_gate": np.zeros((HEAD, width), np.float32),
        "blk.0.ffn_up": np.zeros((HEAD, width), np.float32),
        "blk.0.ffn_down": np.zeros((width, HEAD), np.float32),
    }


def write(vocabulary, path):
    width, tensors = weights(vocabulary)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("scripted")
    writer.add_context_length(1 << 17)
    writer.add_block_count(1)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(HEAD)
    writer.add_head_count(1)
    writer.add_head_count_kv(1)
    writer.add_key_length(HEAD)
    writer.add_value_length(HEAD)
    writer.add_rope_dimension_count(HEAD)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_vocab_size(len(vocabulary.tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.kinds)
    # The reader wants merges; one of bytes that no text holds changes nothing.
    writer.add_token_merges([f"{PRINTABLE[0xFE]} {PRINTABLE[0xFF]}"])
    writer.add_bos_token_id(vocabulary.start)
    writer.add_eos_token_id(vocabulary.end)
    writer.add_add_bos_token(False)
    for name, tensor in tensors.items():
        writer.add_tensor(f"{name}.weight", tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.splitlines()[0])
    with open(sys.argv[1], encoding="utf-8") as file:
        scripts = json.load(file)
    if len(scripts) > HEAD:
        sys.exit(f"{len(scripts)} scripts, of which there may be {HEAD}")
    write(Vocabulary(scripts), sys.argv[2])


if __name__ == "__main__":
    main()
