#!/usr/bin/env python3
"""Compares how thalweg and botocore read AWS event streams, message by message.

    python3 -m venv /tmp/botocore && /tmp/botocore/bin/pip install boto3
    /tmp/botocore/bin/python crates/thalweg-corpus/examples/botocore/compare.py [STREAMS] [SEED]

Makes STREAMS (10,000) streams of Bedrock's messages, most of them damaged, and gives each to botocore's
`EventStreamBuffer`, in chunks, and to thalweg's framing and normalizer (`main.rs` beside this file).

They agree on a stream when
- each message that botocore gives is a frame of the same length, with the same name (`:event-type`, `:exception-type`
  or `:error-code`, by `:message-type`), the same word on whether it is an exception, and the same payload: for a
  `chunk` of `InvokeModelWithResponseStream` what is in the base64 of its `bytes`;
- where botocore raises, the frame of that number is damaged, and the normalizer says so there: nothing before it is;
- where bytes are left over, the next frame is all of them, unterminated; where none are, there is no frame more.

Some bytes are read differently on purpose. These are listed in `DIFFERENCES`, each with a test of its own, and are counted. Any other difference is printed, and the exit status is 1.
"""

import base64
import json
import random
import re
import struct
import subprocess
import sys
from binascii import crc32
from collections import Counter, namedtuple
from pathlib import Path

try:
    from botocore.eventstream import EventStreamBuffer
except ImportError:
    sys.exit("botocore is missing: python3 -m venv DIR && DIR/bin/pip install boto3, then run this with DIR/bin/python")


# Messages.


def seal(total, headers_len, headers, payload):
    """A message with right checksums, whatever its lengths say."""
    prelude = struct.pack("!II", total, headers_len)
    body = prelude + struct.pack("!I", crc32(prelude)) + headers + payload
    return body + struct.pack("!I", crc32(body))


def message(headers, payload):
    encoded = b"".join(headers)
    return seal(16 + len(encoded) + len(payload), len(encoded), encoded, payload)


def header(name, kind, value):
    return bytes([len(name)]) + name + bytes([kind]) + value


def text(name, value):
    return header(name, 7, struct.pack("!H", len(value)) + value)


def any_header(rng, n):
    kind = rng.randrange(10)
    sized = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
    if kind in sized:
        return header(b"x-%d" % n, kind, rng.randbytes(sized[kind]))
    value = rng.randbytes(rng.randrange(40)) if kind == 6 else rng.choice([b"", b"exception", "Flut é 🌊".encode()])
    return header(b"x-%d" % n, kind, struct.pack("!H", len(value)) + value)


EVENTS = [
    ("messageStart", {"role": "assistant"}),
    ("contentBlockStart", {"contentBlockIndex": 1, "start": {"toolUse": {"toolUseId": "t1", "name": "get_tide"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Ebbe é 🌊 \\ \" \n"}}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": '{"port":"Brest"}'}}}),
    ("contentBlockStop", {"contentBlockIndex": 0}),
    ("messageStop", {"stopReason": "end_turn"}),
    ("metadata", {"usage": {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7}, "metrics": {"latencyMs": 9}}),
    ("somethingNew", {}),
]
EXCEPTIONS = ["throttlingException", "modelStreamErrorException", "validationException", "internalServerException"]


def chunk_payload(rng):
    inner = json.dumps(rng.choice(EVENTS)[1], ensure_ascii=rng.random() < 0.5).encode()
    encoded = base64.b64encode(inner).decode()
    how = rng.randrange(12)
    if how == 0:
        encoded = encoded.rstrip("=")
    elif how == 1:
        encoded = base64.urlsafe_b64encode(rng.randbytes(30)).decode()
    elif how == 2:
        encoded = rng.choice(["!", "A", "====", "AAAA=A==", ""])
    fields = {"bytes": encoded, "p": "abcdefghij"[: rng.randrange(10)]}
    if how == 3:
        fields = rng.choice([{}, {"bytes": 1}, {"p": "ab"}, [1]])
    return json.dumps(fields).encode()


def any_message(rng):
    """Its headers and its payload."""
    kind = rng.randrange(10)
    name, fields = rng.choice(EVENTS)
    payload = json.dumps(fields | ({"p": "p" * rng.randrange(60)} if rng.random() < 0.3 else {})).encode()
    if rng.random() < 0.02:
        payload = rng.choice([b"", b" ", b"[]", b"no", b"x" * 100_000])
    if kind < 5:
        headers = [text(b":event-type", name.encode()), text(b":message-type", b"event")]
    elif kind < 8:
        headers = [text(b":event-type", b"chunk"), text(b":message-type", b"event")]
        payload = chunk_payload(rng)
    elif kind < 9:
        headers = [text(b":exception-type", rng.choice(EXCEPTIONS).encode()), text(b":message-type", b"exception")]
        payload = rng.choice([b'{"message":"Slow down."}', b"", b"{}"])
    else:
        headers = [text(b":error-code", b"InternalFailure"), text(b":message-type", b"error")]
        if rng.random() < 0.7:
            headers.append(text(b":error-message", b"It broke."))
    if rng.random() < 0.8:
        headers.append(text(b":content-type", b"application/json"))
    if rng.random() < 0.3:
        headers += [any_header(rng, n) for n in range(rng.randrange(1, 8))]
    if rng.random() < 0.05:
        # A name is taken from a string alone.
        headers[0] = header(b":event-type", 6, struct.pack("!H", 5) + b"chunk")
    if rng.random() < 0.02:
        headers.pop(rng.randrange(2))
    rng.shuffle(headers)
    return headers, payload


# Damage.


def flip(rng, data):
    data = bytearray(data)
    if data:
        at = rng.randrange(len(data))
        data[at] ^= 1 << rng.randrange(8)
    return bytes(data)


def flip_part(rng, headers, payload):
    """A bit of the prelude, the headers, the payload or the checksum."""
    data = message(headers, payload)
    end = 12 + sum(map(len, headers))
    start, end = rng.choice([(0, 4), (4, 8), (8, 12), (12, end), (end, len(data) - 4), (len(data) - 4, len(data))])
    return data[:start] + flip(rng, data[start:end]) + data[end:]


def wrong_lengths(rng, headers, payload):
    encoded = b"".join(headers)
    total, size = 16 + len(encoded) + len(payload), len(encoded)
    most = [(total, 128 * 1024 + 1), (24 * 1024 * 1024 + 17 + size, size), (24 * 1024 * 1024 + 16 + size, size)]
    near = [(total + rng.choice([-1, 1, 4, 100]), size), (total, max(0, size + rng.choice([-1, 1, 3])))]
    odd = [(0, 0), (15, 0), (12, 0), (total, total), (total, total - 15), (2**32 - 1, size), (2**32 - 1, 2**32 - 1)]
    total, size = rng.choice(most + near + odd)
    return seal(max(0, total), size, encoded, payload)


def odd_headers(rng, headers, payload):
    headers = list(headers)
    n = rng.randrange(len(headers))
    how = rng.randrange(7)
    if how == 0:
        headers[n] = flip(rng, headers[n])
    elif how == 1:
        name = headers[n][1 : 1 + headers[n][0]]
        headers[n] = header(name, rng.choice([10, 11, 127, 255]), b"")
    elif how == 2:
        headers.append(headers[n])
    elif how == 3:
        headers += [header(b"y-%d" % n, rng.randrange(2), b"") for n in range(rng.choice([50, 59, 60, 61, 62, 63, 64, 70]))]
    elif how == 4:
        headers.append(header(b"cut", 7, struct.pack("!H", 9) + b"short"))
    elif how == 5:
        headers.append(rng.choice([text(b"z\xff", b""), text(b"z", b"\xff"), text(b":event-type", b"a\xff"), text(b"", b"")]))
    else:
        headers[-1] = headers[-1][: rng.randrange(len(headers[-1]))]
    return message(headers, payload)


def odd_payload(rng, headers, payload):
    if rng.random() < 0.5:
        return message(headers, flip(rng, payload))
    at = rng.randrange(len(payload) + 1)
    return message(headers, payload[:at] + rng.choice([b"\xff", b"\xe2\x82", b"\x00", b"\n"]) + payload[at:])


def stream(rng):
    parts = [any_message(rng) for _ in range(rng.randrange(13))]
    messages = [message(*part) for part in parts]
    for _ in range(rng.choice([0, 1, 1, 1, 2])):
        n = rng.randrange(len(parts)) if parts else None
        how = rng.randrange(14)
        if n is None or how == 0:
            messages.append(rng.randbytes(rng.randrange(30)))
        elif n < len(messages) and how < 10:
            damage = [flip_part, flip_part, wrong_lengths, odd_headers, odd_headers, odd_payload][how % 6]
            messages[n] = damage(rng, *parts[n])
        elif how == 10:
            messages.insert(rng.randrange(len(messages) + 1), message(*parts[n]))
        elif how == 11:
            other = message(*any_message(rng))
            first = message(*parts[n])
            messages.append(first[: rng.randrange(len(first))] + other[rng.randrange(len(other)) :])
        elif how == 12:
            rng.shuffle(messages)
        else:
            whole = b"".join(messages)
            messages = [whole[: rng.randrange(len(whole) + 1)]]
    return b"".join(messages)


# What each of the two reads.


def read_by_botocore(data, rng):
    """The messages, and what it raised after them."""
    buffer, messages, at = EventStreamBuffer(), [], 0
    try:
        while at < len(data):
            size = rng.choice([1, 7, 100, 4096, 1 << 20])
            buffer.add_data(data[at : at + size])
            at += size
            messages.extend(buffer)
            if len(messages) > len(data):
                return messages, RuntimeError("it gives messages without end")
    except Exception as error:  # Some are none of its own.
        return messages, error
    return messages, None


def read_by_thalweg(streams):
    command = ["cargo", "run", "--release", "--quiet", "-p", "thalweg-corpus", "--example", "botocore"]
    data = b"".join(struct.pack("!I", len(data)) + data for data in streams)
    done = subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True, cwd=Path(__file__).parent)
    return [json.loads(line) for line in done.stdout.splitlines()]


# The comparison.


def lengths_contradict(data, seen):
    """Its lengths leave no room for its headers: damaged. Botocore reads past the end, or waits for ever."""
    return seen.defect == "Length" and len(data) >= 12 and size_left(data) < 0


def header_cut(data, seen):
    """A header ends behind the headers: damaged. Botocore takes what is there of its value."""
    return seen.defect == "Headers" and headers_of(data) is None


def headers_many(data, seen):
    """More than 64 headers: damaged."""
    return seen.defect == "Headers" and len(headers_of(data) or []) > 64


def header_no_utf8(data, seen):
    """A header that is not UTF-8, of which botocore raises: nothing is asked of headers that are not used."""
    return isinstance(seen.raised, UnicodeDecodeError) and seen.defect not in DAMAGED and headers_of(data) is not None


def begins_as_text(data, seen):
    """A body that is damaged from its first byte on, so that it looks like a text, perhaps behind spaces: it is read as
    one, and said to be no stream."""
    return seen.number == 0 and seen.fault is not None and data.lstrip(b" \t\r\n")[:1] > b"\x1f"


DIFFERENCES = [lengths_contradict, header_cut, headers_many, header_no_utf8, begins_as_text]
DAMAGED = {"PreludeChecksum", "Length", "MessageChecksum", "Headers"}

# What thalweg says of a message, the first fault it says, and what botocore raised there.
Seen = namedtuple("Seen", "number defect fault raised")


def size_left(data):
    """What the lengths leave for the payload."""
    total, headers = struct.unpack_from("!II", data)
    return total - headers - 16


def headers_of(data):
    """Names, types and values; none where one is cut or of an unknown type."""
    rest = data[12 : 12 + struct.unpack_from("!I", data, 4)[0]]
    found = []
    while rest:
        name, rest = rest[1 : 1 + rest[0]], rest[1 + rest[0] :]
        if not rest or rest[0] > 9:
            return None
        kind, rest = rest[0], rest[1:]
        if kind in (6, 7):
            if len(rest) < 2:
                return None
            size, rest = struct.unpack_from("!H", rest)[0], rest[2:]
        else:
            size = [0, 0, 1, 2, 4, 8, 0, 0, 8, 16][kind]
        if len(rest) < size:
            return None
        found.append((name, kind, rest[:size]))
        rest = rest[size:]
    return found


def unwrapped(payload):
    """What a `chunk` wraps; None where it wraps nothing, False where it is no base64, ... where it is no JSON."""
    try:
        fields = json.loads(payload, strict=False)
    except ValueError:
        return ...
    inner = fields.get("bytes") if isinstance(fields, dict) else None
    if not isinstance(inner, str):
        return None
    plain = inner.rstrip("=")
    padding = len(inner) - len(plain)
    if not re.fullmatch(r"[A-Za-z0-9+/]*|[A-Za-z0-9_-]*", plain) or len(plain) % 4 == 1 or padding > -len(plain) % 4:
        return False
    return base64.urlsafe_b64decode(plain.replace("+", "-").replace("/", "_") + "=" * (-len(plain) % 4))


def compare_message(theirs, ours, counts):
    """How a message that both give differs; None where it does not."""
    text_of = lambda name: value if isinstance(value := theirs.headers.get(name), str) else None
    kind = text_of(":message-type")
    name = text_of({"exception": ":exception-type", "error": ":error-code"}.get(kind, ":event-type"))
    payload, is_exception = theirs.payload, kind in ("exception", "error")
    if kind == "error" and text_of(":error-message") is not None:
        payload = text_of(":error-message").encode()
    inner = unwrapped(payload) if name == "chunk" and not is_exception else None
    if inner is ...:
        counts["compared without the payload: a chunk that is no JSON"] += 1
    defect, data = None, payload
    if inner is False:
        defect, data = "Encoding", None
    elif isinstance(inner, bytes):
        data = inner
    expected = {
        "len": theirs.prelude.total_length,
        "event": name.encode().hex() if name else None,
        "exception": is_exception,
        "data": None if data is None else data.hex(),
        "unwrapped": isinstance(inner, bytes),
        "defect": defect,
    }
    fields = [field for field in expected if inner is not ... or field not in ("data", "unwrapped", "defect")]
    wrong = [f"{field} {ours[field]!r:.80} is not {expected[field]!r:.80}" for field in fields if ours[field] != expected[field]]
    return "; ".join(wrong) or None



def compare(data, theirs, raised, ours, counts):
    """How the two differ; None where they do not, or where they may."""
    frames, fault = ours["frames"], ours["fault"]
    if sum(frame["len"] for frame in frames) != len(data):
        return "the frames are not all of the bytes"

    def difference(n, what):
        at = sum(frame["len"] for frame in frames[:n])
        defect = frames[n]["defect"] if n < len(frames) else None
        seen = Seen(n, defect, fault, raised if n == len(theirs) else None)
        for allowed in DIFFERENCES:
            if at < len(data) and allowed(data[at:], seen):
                counts[f"read differently: {allowed.__name__}"] += 1
                return None
        return what

    at = 0
    for n, message in enumerate(theirs):
        if n >= len(frames):
            return difference(n, f"message {n} is missing")
        frame = frames[n]
        if frame["defect"] in DAMAGED:
            return difference(n, f"message {n} is {frame['defect']}, and botocore gives it")
        if wrong := compare_message(message, frame, counts):
            return difference(n, f"message {n}: {wrong}")
        counts["messages that agree"] += 1
        at += frame["len"]
    n = len(theirs)
    next_defect = frames[n]["defect"] if n < len(frames) else None
    if raised is not None:
        if next_defect not in DAMAGED or fault != [n, "corrupt_message"]:
            return difference(n, f"botocore raised {raised!r} at message {n}; frame {next_defect}, anomaly {fault}")
        counts[f"agree: {type(raised).__name__}, {next_defect}"] += 1
    elif at < len(data):
        if next_defect != "Unterminated" or len(frames) != n + 1 or fault != [n, "unterminated_frame"]:
            return difference(n, f"{len(data) - at} bytes are left over; frame {next_defect}, anomaly {fault}")
        counts["agree: cut"] += 1
    else:
        if len(frames) != n or fault is not None:
            return f"all is read; {len(frames)} frames, anomaly {fault}"
        counts["agree: whole"] += 1
    return None


def main():
    count, seed = (int(arg) for arg in (sys.argv[1:] + ["10000", "1"][len(sys.argv) - 1 :])[:2])
    streams = [stream(random.Random(seed * 1_000_003 + n)) for n in range(count)]
    ours = read_by_thalweg(streams)
    assert len(ours) == count, "a line a stream"
    counts, disagreements = Counter(), 0
    for n, data in enumerate(streams):
        theirs, raised = read_by_botocore(data, random.Random(n))
        if what := compare(data, theirs, raised, ours[n], counts):
            disagreements += 1
            print(f"stream {n} of seed {seed}: {what}")
            if disagreements <= 3:
                print(f"  {data.hex():.2000}")
    for name, number in sorted(counts.items()):
        print(f"{number:8} {name}")
    print(f"{count} streams, {sum(map(len, streams))} bytes, seed {seed}: {disagreements} disagreements")
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
