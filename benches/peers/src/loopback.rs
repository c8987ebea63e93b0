//! The streams as a library of HTTP clients wants them: in memory, or from a server in a thread of its own.
//!
//! The server is for libraries that make their connections themselves. Only what the measured thread does is counted;
//! what receiving costs it is measured too (`receive`), and taken off.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Mutex, OnceLock};
use std::thread;

use bytes::Bytes;
use thalweg_bench::streams::Stream;

/// The body of a stream, shared. Streams of the ladder live as long as the program: their address is their name.
pub(crate) fn body(stream: &Stream) -> Bytes {
    thread_local! {
        static BODIES: RefCell<HashMap<(usize, usize), Bytes>> = RefCell::new(HashMap::new());
    }
    let name = (stream.bytes.as_ptr().addr(), stream.bytes.len());
    BODIES.with_borrow_mut(|bodies| bodies.entry(name).or_insert_with(|| Bytes::copy_from_slice(&stream.bytes)).clone())
}

/// Cuts a body into chunks.
pub(crate) fn chunks(mut body: Bytes, chunk_bytes: usize) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || {
        if body.is_empty() {
            return None;
        }
        let len = chunk_bytes.min(body.len());
        Some(body.split_to(len))
    })
}

/// Where the server gives this stream, in chunks of this size. HTTP keeps their borders.
pub(crate) fn address(stream: &Stream, chunk_bytes: usize) -> String {
    static SERVER: OnceLock<SocketAddr> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("the machine has a loopback");
        let address = listener.local_addr().expect("a bound socket has an address");
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                // A client that goes away early is nothing unusual.
                thread::spawn(move || _ = serve(&connection));
            }
        });
        address
    });
    let name = format!("{:x}-{:x}", stream.bytes.as_ptr().addr(), chunk_bytes);
    let mut served = SERVED.lock().expect("nothing panics with it");
    let served = served.get_or_insert_default();
    if !served.contains_key(&name) {
        served.insert(name.clone(), (body(stream), chunk_bytes));
    }
    format!("http://{server}/{name}/")
}

/// What the server has, by the first part of the path.
static SERVED: Mutex<Option<HashMap<String, (Bytes, usize)>>> = Mutex::new(None);

fn serve(connection: &TcpStream) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut reader = BufReader::new(connection);
    while let Some(name) = read_request(&mut reader)? {
        let served = SERVED.lock().ok().and_then(|served| served.as_ref()?.get(&name).cloned());
        let (body, chunk_bytes) = served.ok_or_else(|| io::Error::other("no such stream"))?;
        let mut writer = BufWriter::with_capacity(64 * 1024, connection);
        writer
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")?;
        for chunk in chunks(body, chunk_bytes) {
            write!(writer, "{:x}\r\n", chunk.len())?;
            writer.write_all(&chunk)?;
            writer.write_all(b"\r\n")?;
        }
        writer.write_all(b"0\r\n\r\n")?;
        writer.flush()?;
    }
    Ok(())
}

/// Reads a request to its end; gives the first part of its path.
fn read_request(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let (mut first, mut line, mut body_bytes) = (String::new(), String::new(), 0);
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    while reader.read_line(&mut line)? > 2 {
        if let Some(count) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            body_bytes = count.trim().parse().map_err(io::Error::other)?;
        }
        line.clear();
    }
    io::copy(&mut reader.take(body_bytes), &mut io::sink())?;
    Ok(first.split('/').nth(1).map(String::from))
}
