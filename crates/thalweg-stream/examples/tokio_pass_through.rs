//! A gateway between two sockets: every byte goes on to the client as it came, and the events are read beside it.
//!
//! `cargo run -p thalweg-stream --example tokio_pass_through -- corpus/openai-chat/llama-server-text`
//!
//! Upstream is a task that serves the body of a recording in the chunks in which it was recorded; the client is one
//! that reads to the end. All three talk over the loopback interface. There is no HTTP here, only bodies.

use std::io::{self, Write};

use futures::{Stream, StreamExt, stream};
use thalweg::{Event, Outcome, dialects};
use thalweg_corpus::Case;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

type Fallible<T = ()> = Result<T, Box<dyn core::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Fallible {
    let folder = std::env::args_os().nth(1).ok_or("usage: tokio_pass_through FOLDER")?;
    let case = Case::load(std::path::PathBuf::from(folder))?;
    let (upstream, gateway) = (TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?);
    let (upstream_address, gateway_address) = (upstream.local_addr()?, gateway.local_addr()?);
    let ((), outcome, received) = tokio::try_join!(
        serve(upstream, &case),
        async { pass_on(gateway.accept().await?.0, TcpStream::connect(upstream_address).await?).await },
        async { read_all(TcpStream::connect(gateway_address).await?).await },
    )?;
    assert!(received == case.body, "a gateway passes on what it was given");
    let outcome = outcome.map_or("none", Outcome::as_str);
    writeln!(io::stdout(), "{} bytes passed on untouched, outcome: {outcome}", received.len())?;
    Ok(())
}

/// The gateway: frames go on, their events are printed.
async fn pass_on(mut client: TcpStream, upstream: TcpStream) -> Fallible<Option<Outcome>> {
    let mut frames = thalweg_stream::frames(Box::pin(chunks(upstream)), &dialects::OPENAI_CHAT);
    let mut outcome = None;
    while let Some(frame) = frames.next().await {
        // A client that goes away ends this function, which drops the connection upstream.
        client.write_all(&frame.bytes).await?;
        for event in &frame.events {
            writeln!(io::stdout(), "frame {}: {:?}", frame.number, event.as_lent())?;
            if let Event::End { outcome: verdict, .. } = event.as_lent() {
                outcome = Some(verdict);
            }
        }
    }
    frames.into_error().map_or(Ok(outcome), |error| Err(error.into()))
}

/// A socket as a stream of chunks: what HTTP clients give for a body.
fn chunks(socket: TcpStream) -> impl Stream<Item = io::Result<Vec<u8>>> {
    stream::try_unfold(socket, |mut socket| async {
        let mut chunk = Vec::with_capacity(4096);
        let len = socket.read_buf(&mut chunk).await?;
        Ok((len > 0).then_some((chunk, socket)))
    })
}

async fn serve(upstream: TcpListener, case: &Case) -> Fallible {
    let (mut gateway, _) = upstream.accept().await?;
    gateway.set_nodelay(true)?;
    for chunk in case.chunking().split(&case.body) {
        gateway.write_all(chunk).await?;
        tokio::task::yield_now().await;
    }
    Ok(())
}

async fn read_all(mut gateway: TcpStream) -> Fallible<Vec<u8>> {
    let mut received = Vec::new();
    gateway.read_to_end(&mut received).await?;
    Ok(received)
}
