//! A body as a gzip stream, each chunk a block that is stored as it is: clients must decompress it all the same, and
//! they can as the chunks arrive.

use bytes::{BufMut, Bytes, BytesMut};

/// Makes the stream.
#[derive(Clone, Debug)]
pub(super) struct Gzip {
    has_begun: bool,
    hasher: crc32fast::Hasher,
    len: u32,
}

impl Gzip {
    pub(super) fn new() -> Self {
        Self { has_begun: false, hasher: crc32fast::Hasher::new(), len: 0 }
    }

    /// The next bytes of the body as blocks.
    pub(super) fn chunk(&mut self, bytes: &[u8]) -> Bytes {
        let mut out = BytesMut::with_capacity(bytes.len() + HEADER.len() + 5 * (bytes.len() / BLOCK_MAX + 1));
        self.begin(&mut out);
        self.hasher.update(bytes);
        self.len = self.len.wrapping_add(bytes.len() as u32);
        for block in bytes.chunks(BLOCK_MAX) {
            put_block(&mut out, false, block);
        }
        out.freeze()
    }

    /// The end of the stream.
    pub(super) fn end(&mut self) -> Bytes {
        let mut out = BytesMut::new();
        self.begin(&mut out);
        put_block(&mut out, true, b"");
        out.put_u32_le(self.hasher.clone().finalize());
        out.put_u32_le(self.len);
        out.freeze()
    }

    fn begin(&mut self, out: &mut BytesMut) {
        if !core::mem::replace(&mut self.has_begun, true) {
            out.put_slice(&HEADER);
        }
    }
}

/// A stored block, at most [`BLOCK_MAX`] long.
fn put_block(out: &mut BytesMut, is_last: bool, block: &[u8]) {
    let len = block.len() as u16;
    out.put_u8(u8::from(is_last));
    out.put_u16_le(len);
    out.put_u16_le(!len);
    out.put_slice(block);
}

/// Deflate, no name, no time, no system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// The most that a stored block holds.
const BLOCK_MAX: usize = 65_535;
