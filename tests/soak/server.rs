//! A web server of one file after another, slow enough to be interrupted, that goes on where
//! a client left off.
//!
//! Knows nothing of what it serves.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

/// Bytes between two pauses.
const PIECE: usize = 1 << 16;

/// Starts one for as long as the tests run; returns the address below which `files` are.
pub(crate) fn start(files: BTreeMap<String, Vec<u8>>) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let files = Arc::new(files);
    thread::spawn(move || {
        for client in listener.incoming() {
            let files = Arc::clone(&files);
            // A client that was killed is no matter.
            thread::spawn(move || client.map(|client| answer(&client, &files)));
        }
    });
    address
}

fn answer(mut client: &TcpStream, files: &BTreeMap<String, Vec<u8>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(client).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let name = first.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
    let mut from = 0;
    for line in lines {
        let line = line?.to_ascii_lowercase();
        if let Some(range) = line.strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse().unwrap_or(0);
        }
        if line.is_empty() {
            break;
        }
    }
    let Some(file) = files.get(&name) else {
        return client.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    };
    let (from, end, all) = (from.min(file.len()), file.len().max(1) - 1, file.len());
    let head = if from == 0 {
        "200 OK\r\n".to_owned()
    } else {
        format!("206 Partial Content\r\nContent-Range: bytes {from}-{end}/{all}\r\n")
    };
    let length = all - from;
    let close = "Connection: close\r\n\r\n";
    write!(client, "HTTP/1.1 {head}ETag: \"1\"\r\nContent-Length: {length}\r\n{close}")?;
    for piece in file[from..].chunks(PIECE) {
        client.write_all(piece)?;
        thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}
