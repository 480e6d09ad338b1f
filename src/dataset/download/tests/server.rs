//! A web server on this machine that misbehaves on demand; bounded in time
//! and in the number of its connections.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Connections a server takes, and how long it lives.
const CONNECTIONS: usize = 50;
const LIFE: Duration = Duration::from_secs(20);

/// A running server; dropped, it takes no more connections.
pub(super) struct Server {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
    is_over: Arc<AtomicBool>,
}

/// What was asked for.
pub(super) struct Request {
    /// How many came before.
    pub(super) number: usize,
    /// The path.
    pub(super) path: String,
    /// The first byte asked for, if not the whole.
    pub(super) from: Option<usize>,
}

impl Server {
    /// Starts a server that gives each request to `answer`.
    pub(super) fn start(
        answer: impl Fn(&Request, &mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (heads, is_over) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let server = Self { port, heads: Arc::clone(&heads), is_over: Arc::clone(&is_over) };
        thread::spawn(move || listen(&listener, &is_over, &heads, &Arc::new(answer)));
        server
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/data.bin", self.port)
    }

    /// The heads of all requests so far.
    pub(super) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// Their `Range` headers; empty where there is none.
    pub(super) fn ranges(&self) -> Vec<String> {
        let range = |head: &String| header(head, "range").unwrap_or_default();
        self.heads().iter().map(range).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

type Answer = dyn Fn(&Request, &mut TcpStream) -> io::Result<()> + Send + Sync;

fn listen<A>(
    listener: &TcpListener,
    is_over: &AtomicBool,
    heads: &Arc<Mutex<Vec<String>>>,
    answer: &Arc<A>,
) where
    A: Fn(&Request, &mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
{
    let (start, mut count) = (Instant::now(), 0);
    while !is_over.load(Ordering::Relaxed) && start.elapsed() < LIFE && count < CONNECTIONS {
        let Ok((stream, _)) = listener.accept() else {
            thread::sleep(Duration::from_millis(2));
            continue;
        };
        count += 1;
        let (heads, answer) = (Arc::clone(heads), Arc::clone(answer));
        // A client that has gone is none of the server's business.
        thread::spawn(move || drop(converse(stream, &heads, &*answer)));
    }
}

fn converse(mut stream: TcpStream, heads: &Mutex<Vec<String>>, answer: &Answer) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(LIFE))?;
    stream.set_write_timeout(Some(LIFE))?;
    let head = read_head(&mut stream)?;
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let from = header(&head, "range")
        .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let number = {
        let mut heads = heads.lock().unwrap();
        heads.push(head);
        heads.len() - 1
    };
    answer(&Request { number, path, from }, &mut stream)
}

fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && head.len() < 10_000 {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn header(head: &str, name: &str) -> Option<String> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(field, _)| field.eq_ignore_ascii_case(name))?;
    Some(value.trim().to_owned())
}

/// Says `status` and `headers`, and that the connection ends after.
pub(super) fn say(stream: &mut TcpStream, status: &str, headers: &[String]) -> io::Result<()> {
    let headers: String = headers.iter().flat_map(|header| [header, "\r\n"]).collect();
    write!(stream, "HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n")
}

pub(super) fn length(bytes: usize) -> String {
    format!("Content-Length: {bytes}")
}

/// Answers as it should be: the whole, or the rest that was asked for; breaks
/// off after `most` bytes.
pub(super) fn give(
    request: &Request,
    stream: &mut TcpStream,
    bytes: &[u8],
    most: usize,
) -> io::Result<()> {
    let from = request.from.unwrap_or(0);
    if from >= bytes.len() {
        return say(stream, "416 Range Not Satisfiable", &[length(0)]);
    }
    let rest = &bytes[from..];
    if request.from.is_some() {
        let (last, all) = (bytes.len() - 1, bytes.len());
        let range = format!("Content-Range: bytes {from}-{last}/{all}");
        say(stream, "206 Partial Content", &[length(rest.len()), range])?;
    } else {
        say(stream, "200 OK", &[length(rest.len())])?;
    }
    stream.write_all(&rest[..rest.len().min(most)])
}

/// Says nothing more until the client goes.
pub(super) fn hold(stream: &mut TcpStream) -> io::Result<()> {
    stream.read(&mut [0]).map(drop)
}
