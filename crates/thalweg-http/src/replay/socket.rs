//! The socket below an answer: it says when what was given to it has left, and resets where that was asked for.

use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};
use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What an answer and its socket tell each other.
///
/// The HTTP layer between them buffers. An answer that goes on before its last bytes have left would join chunks,
/// lose bytes where it breaks off, and run ahead of a slow client.
#[derive(Debug, Default)]
pub(super) struct Gate {
    given: Mutex<Given>,
    resets: AtomicBool,
}

#[derive(Debug, Default)]
struct Given {
    /// Bytes were given out that have not left.
    is_held: bool,
    waiting: Option<Waker>,
}

impl Gate {
    /// The answer gives bytes out.
    pub(super) fn give(&self) {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).is_held = true;
    }

    /// Ready when all that was given out has been written to the socket.
    pub(super) fn poll_left(&self, cx: &Context<'_>) -> Poll<()> {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if !given.is_held {
            return Poll::Ready(());
        }
        given.waiting = Some(cx.waker().clone());
        Poll::Pending
    }

    /// When the connection is dropped it is reset.
    pub(super) fn reset(&self) {
        self.resets.store(true, Ordering::Relaxed);
    }

    fn left(&self) {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.is_held = false;
        if let Some(waker) = given.waiting.take() {
            waker.wake();
        }
    }
}

/// A connection's socket.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    gate: Arc<Gate>,
}

impl Socket {
    pub(super) const fn new(stream: TcpStream, gate: Arc<Gate>) -> Self {
        Self { stream, gate }
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Called when nothing is left in the buffers above.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if let Poll::Ready(Ok(())) = flushed {
            self.gate.left();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.gate.resets.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.gate.resets.load(Ordering::Relaxed) {
            // A socket that cannot be told to reset closes, which is all that is left to do.
            let _ = self.stream.set_zero_linger();
        }
    }
}
