//! The same under tokio: sockets, `select!`, time that is only said to pass, tasks of other threads.

use core::time::Duration;
use std::io;

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use thalweg::{Close, Outcome, OwnedEvent, Stage, dialects};
use thalweg_corpus::Chunking;
use thalweg_stream::{Until, collect_response, events, frames};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use crate::bodies::{DONE, STOP, WORD, case, outcome};

/// A socket as a stream of chunks of at most seven bytes. It is not `Unpin`.
fn chunks(socket: TcpStream) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold(socket, |mut socket| async {
        let mut chunk = [0; 7];
        let len = socket.read(&mut chunk).await?;
        Ok((len > 0).then(|| (Bytes::copy_from_slice(&chunk[..len]), socket)))
    })
}

#[tokio::test]
async fn a_socket_gives_the_events_of_the_core() -> io::Result<()> {
    for name in ["text", "parallel_tool_calls", "llama-server-think-two-tools", "invalid-utf8-frame"] {
        let case = case(name);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let serve = async {
            let (mut socket, _) = listener.accept().await?;
            socket.write_all(&case.body).await
        };
        let read = async {
            let body = Box::pin(chunks(TcpStream::connect(address).await?));
            let events = events(body, &dialects::OPENAI_CHAT).with_until(Until::Closed);
            Ok(events.collect::<Vec<OwnedEvent>>().await)
        };
        let ((), given) = tokio::try_join!(serve, read)?;
        assert!(given == case.setup().events(&case.body, &Chunking::Whole), "{case}");
    }
    Ok(())
}

#[tokio::test]
async fn a_select_that_drops_its_futures_loses_nothing() {
    let case = case("llama-server-think-two-tools");
    let (sender, mut receiver) = mpsc::channel(1);
    let body = stream::poll_fn(move |cx| receiver.poll_recv(cx)).map(Ok::<Bytes, io::Error>);
    let mut events = events(body, &dialects::OPENAI_CHAT).with_until(Until::Closed);
    let chunks: Vec<_> = Chunking::Bytes(5).split(&case.body).map(Bytes::copy_from_slice).collect();
    let send = async move {
        for chunk in chunks {
            sender.send(chunk).await.expect("the receiver is there");
            tokio::task::yield_now().await;
        }
    };
    let (mut given, mut ticks) = (Vec::new(), 0);
    let receive = async {
        loop {
            tokio::select! {
                event = events.next() => match event {
                    Some(event) => given.push(event),
                    None => break,
                },
                () = tokio::task::yield_now() => ticks += 1,
            }
        }
    };
    tokio::join!(send, receive);
    assert!(ticks > 100, "{ticks} futures were dropped");
    assert!(given == case.setup().events(&case.body, &Chunking::Whole));
}

/// The loop of a host with deadlines: the longest silence is a minute, and two seconds behind a finish reason.
async fn with_deadlines(body: impl Stream<Item = io::Result<&'static str>> + Unpin) -> (Outcome, u64) {
    let began = Instant::now();
    let mut events = events(body, &dialects::OPENAI_CHAT);
    let mut given = Vec::new();
    loop {
        while let Some(event) = events.next_arrived() {
            given.push(event.to_owned());
        }
        let (wait, close) = match events.stage() {
            Stage::Ended => return (outcome(&given), began.elapsed().as_secs()),
            Stage::Open => (Duration::from_secs(60), Close::TimedOut),
            _ => (Duration::from_secs(2), Close::Clean),
        };
        if timeout(wait, events.pull()).await.is_err() {
            events.finish_now(close);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_sends_no_end_is_given_a_drain_window() {
    let never_closes = stream::iter([Ok(WORD), Ok(STOP)]).chain(stream::pending());
    assert_eq!(with_deadlines(never_closes).await, (Outcome::Complete, 2));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_falls_silent_times_out() {
    let silent = stream::iter([Ok(WORD)]).chain(stream::pending());
    assert_eq!(with_deadlines(silent).await, (Outcome::Truncated, 60));
}

#[tokio::test(start_paused = true)]
async fn comments_are_signs_of_life() {
    let slow = stream::iter([": one\n\n", ": two\n\n", WORD, STOP, DONE]).then(|chunk| async move {
        sleep(Duration::from_secs(if chunk == DONE { 1 } else { 50 })).await;
        Ok(chunk)
    });
    assert_eq!(with_deadlines(Box::pin(slow)).await, (Outcome::Complete, 201));
}

#[tokio::test]
async fn streams_move_between_tasks() {
    let body = |name| stream::iter([Ok::<_, io::Error>(case(name).body)]);
    let read = tokio::spawn(collect_response(events(body("text"), &dialects::OPENAI_CHAT)));
    let pass_on = tokio::spawn(frames(body("text"), &dialects::OPENAI_CHAT).collect::<Vec<_>>());
    let (response, error) = read.await.expect("the task ends");
    assert!(response.outcome == Some(Outcome::Complete) && error.is_none());
    let frames = pass_on.await.expect("the task ends");
    assert_eq!(frames.last().map(|frame| outcome(&frame.events)), Some(Outcome::Complete));
}
