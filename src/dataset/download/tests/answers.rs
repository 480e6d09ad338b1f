//! What servers answer, and what is made of it.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use fs_err as fs;

use super::{
    Case, LEN, bytes, checksum,
    server::{Server, give, hold, length, say},
};
use crate::error::Reason;
use acai_common::events::{Message, Progress};

const MILLIS: Duration = Duration::from_millis(1);

fn honest() -> Server {
    Server::start(|request, stream| give(request, stream, &bytes(), LEN))
}

fn garbage(answer: Vec<u8>) -> Server {
    Server::start(move |_, stream| stream.write_all(&answer))
}

/// A server that only ever says `status`.
fn refusing(status: &'static str) -> Server {
    Server::start(move |_, stream| say(stream, status, &[length(0)]))
}

#[test]
fn a_file_is_served_whole() {
    let server = honest();
    let case = Case::of(&server);
    case.succeeds();
    let head = server.heads().remove(0).to_lowercase();
    let version = env!("CARGO_PKG_VERSION");
    for line in ["get /data.bin http/1.1", "accept-encoding: identity"] {
        assert!(head.contains(line), "{head}");
    }
    assert!(head.contains(&format!("user-agent: acai-pipe/{version}")), "{head}");
    let (done, figures) = (LEN as u64, Vec::new());
    let last = Progress { done, total: done, unit: "bytes", figures };
    assert_eq!(case.messages.lock().unwrap().last(), Some(&Message::Progress(last)));
    case.succeeds();
    assert_eq!(server.heads().len(), 1, "what is there is not downloaded again");
}

#[test]
fn a_cut_connection_is_resumed() {
    let server = Server::start(|request, stream| give(request, stream, &bytes(), 30_000));
    let case = Case::of(&server);
    case.succeeds();
    let ranges = ["", "bytes=30000-", "bytes=60000-", "bytes=90000-"];
    assert_eq!(server.ranges(), ranges);
    let note = format!(
        "`{}` broke off after 30000 bytes of the file; asking again in 0.001 s",
        server.url()
    );
    assert!(case.notes().contains(&note), "{:?}", case.notes());
}

#[test]
fn a_server_without_ranges_is_read_from_the_beginning() {
    let server = Server::start(|request, stream| {
        say(stream, "200 OK", &[length(LEN)])?;
        stream.write_all(&bytes()[..if request.number == 0 { 60_000 } else { LEN }])
    });
    Case::of(&server).succeeds();
    assert_eq!(server.ranges(), ["", "bytes=60000-"]);
}

#[test]
fn a_server_that_always_breaks_off_at_the_same_byte_is_given_up() {
    let server = Server::start(|_, stream| {
        say(stream, "200 OK", &[length(LEN)])?;
        stream.write_all(&bytes()[..60_000])
    });
    let case = Case::of(&server);
    assert_eq!(case.fails(), [Reason::Cut(60_000)]);
    assert_eq!(server.heads().len(), 4, "only the first brought the file on");
    assert_eq!(fs::read(case.part()).unwrap(), bytes()[..60_000], "to be continued another day");
}

#[test]
fn a_lying_content_range_is_refused_and_the_whole_asked_for() {
    let server = Server::start(|request, stream| match request.from {
        None => give(request, stream, &bytes(), LEN),
        Some(from) => {
            let range = format!("Content-Range: bytes {}-{}/{LEN}", from - 1, LEN - 1);
            say(stream, "206 Partial Content", &[length(LEN - from), range])?;
            stream.write_all(&bytes()[from..])
        }
    });
    let case = Case::of(&server);
    case.leave_part(&bytes()[..10]);
    case.succeeds();
    assert_eq!(server.ranges(), ["bytes=10-", ""]);
}

#[test]
fn an_answer_in_part_that_nobody_asked_for_is_refused() {
    let server = Server::start(|_, stream| {
        let range = format!("Content-Range: bytes 0-{}/{LEN}", LEN - 1);
        say(stream, "206 Partial Content", &[length(LEN), range])?;
        stream.write_all(&bytes())
    });
    assert_eq!(Case::of(&server).fails(), [Reason::Status(206)]);
}

#[test]
fn a_wrong_length_is_refused_before_the_body() {
    let server = Server::start(|_, stream| {
        say(stream, "200 OK", &[length(5)])?;
        hold(stream)
    });
    let case = Case::of(&server);
    let reason = Reason::Length { declared: 100_000, announced: 5 };
    assert_eq!(case.fails(), [reason]);
    assert_eq!(case.left(), ["data.bin.lock"]);
}

#[test]
fn more_bytes_than_declared_are_not_read() {
    let server = Server::start(|_, stream| {
        say(stream, "200 OK", &[])?;
        loop {
            stream.write_all(&bytes())?;
        }
    });
    let case = Case::of(&server);
    assert_eq!(case.fails(), [Reason::TooLong(100_000)]);
    assert_eq!(case.left(), ["data.bin.lock"]);
}

#[test]
fn wrong_bytes_of_the_right_length_are_refused() {
    let liar = Server::start(|request, stream| give(request, stream, &vec![7; LEN], LEN));
    let case = Case::of(&liar);
    let (wanted, found) = (checksum(&bytes()).to_string(), checksum(&vec![7; LEN]).to_string());
    let error = case.obtain().unwrap_err().to_string();
    let message = format!("`{}` sent another file: found {found}, expected {wanted}", liar.url());
    assert!(error.contains(&message), "{error}");
    assert_eq!(liar.heads().len(), 1, "asking again would not help");
    assert_eq!(case.left(), ["data.bin.lock"]);
}

#[test]
fn the_honest_mirror_is_believed_after_the_liar() {
    let liar = Server::start(|request, stream| give(request, stream, &vec![7; LEN], LEN));
    let honest = honest();
    Case::new(&[liar.url(), honest.url()]).succeeds();
    assert_eq!(honest.ranges(), [""]);
}

#[test]
fn refusals_are_final_and_failures_may_pass() {
    for (status, code, asked) in [
        ("404 Not Found", 404, 1),
        ("403 Forbidden", 403, 1),
        ("410 Gone", 410, 1),
        ("304 Not Modified", 304, 1),
        ("500 Internal Server Error", 500, 4),
        ("429 Too Many Requests", 429, 4),
    ] {
        let server = refusing(status);
        assert_eq!(Case::of(&server).fails(), [Reason::Status(code)]);
        assert_eq!(server.heads().len(), asked, "{status}");
    }
    let server = Server::start(|request, stream| match request.number {
        0 | 1 => say(stream, "500 Internal Server Error", &[length(0)]),
        _ => give(request, stream, &bytes(), LEN),
    });
    Case::of(&server).succeeds();
    assert_eq!(server.heads().len(), 3);
}

#[test]
fn a_busy_server_says_when_to_come_back_within_limits() {
    let server = Server::start(|request, stream| match request.number {
        0 => say(stream, "503 Busy", &[length(0), "Retry-After: 3600".to_owned()]),
        1 => say(stream, "503 Busy", &[length(0), "Retry-After: 0".to_owned()]),
        2 => say(stream, "503 Busy", &[length(0), "Retry-After: tomorrow".to_owned()]),
        _ => give(request, stream, &bytes(), LEN),
    });
    let case = Case::of(&server);
    case.succeeds();
    let notes = case.notes();
    let delays: Vec<&str> = notes.iter().filter_map(|note| note.split(" in ").nth(1)).collect();
    assert_eq!(delays, ["0.03 s", "0 s", "0.003 s"]);
}

#[test]
fn redirections_are_followed_but_not_in_circles() {
    let to = |stream: &mut TcpStream, location: &str| {
        say(stream, "302 Found", &[length(0), format!("Location: {location}")])
    };
    let server = Server::start(move |request, stream| match request.path.as_str() {
        "/data.bin" => to(stream, "elsewhere?b=1"),
        "/elsewhere?b=1" => to(stream, "/there"),
        _ => give(request, stream, &bytes(), LEN),
    });
    Case::of(&server).succeeds();
    assert_eq!(server.heads().len(), 3);
    let circle = Server::start(move |_, stream| to(stream, "/data.bin"));
    assert_eq!(Case::of(&circle).fails(), [Reason::Redirects(10)]);
    assert_eq!(circle.heads().len(), 11);
    let away = Server::start(move |_, stream| to(stream, "file:///etc/passwd"));
    assert_eq!(Case::of(&away).fails(), [Reason::Redirect("file:///etc/passwd".to_owned())]);
}

#[test]
fn a_slow_drip_is_not_waited_for() {
    let server = Server::start(|_, stream| {
        say(stream, "200 OK", &[length(LEN)])?;
        for byte in bytes() {
            stream.write_all(&[byte])?;
            thread::sleep(5 * MILLIS);
        }
        Ok(())
    });
    let mut case = Case::of(&server);
    (case.limits.window, case.limits.delays) = (200 * MILLIS, Vec::new());
    let reasons = case.fails();
    let [Reason::Slow { bytes, within }] = reasons[..] else { panic!("{reasons:?}") };
    assert!(bytes < 1000 && within == 200 * MILLIS, "{bytes} in {within:?}");
}

#[test]
fn a_stall_is_not_waited_for_and_resumed() {
    let server = Server::start(|request, stream| {
        give(request, stream, &bytes(), 60_000)?;
        if request.from.is_none() { hold(stream) } else { Ok(()) }
    });
    let mut case = Case::of(&server);
    case.limits.stall = 200 * MILLIS;
    case.succeeds();
    assert_eq!(server.ranges()[..2], ["", "bytes=60000-"]);
    assert!(case.notes().iter().any(|note| note.contains("sent nothing for 0.2 s")));
}

#[test]
fn a_server_that_never_answers_is_not_waited_for() {
    let server = Server::start(|_, stream| hold(stream));
    let mut case = Case::of(&server);
    (case.limits.answer, case.limits.delays) = (400 * MILLIS, vec![MILLIS]);
    let reasons = case.fails();
    assert!(matches!(&reasons[..], [Reason::Unreachable(_)]), "{reasons:?}");
    assert_eq!(server.heads().len(), 2);
}

#[test]
fn nobody_at_home_is_a_reason() {
    let server = honest();
    let url = server.url().replace("http://127.0.0.1", "http://127.0.0.2");
    let reasons = Case::new(&[url]).fails();
    assert!(matches!(&reasons[..], [Reason::Unreachable(_)]), "{reasons:?}");
}

#[test]
fn a_server_that_does_not_speak_tls_is_no_https_mirror() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        stream.set_read_timeout(Some(10_000 * MILLIS))?;
        stream.read(&mut [0; 4096]).map(drop)?;
        say(&mut stream, "400 Bad Request", &[])?;
        hold(&mut stream)
    });
    let case = Case::new(&[format!("https://127.0.0.1:{port}/data.bin")]);
    let reasons = case.fails();
    assert!(matches!(&reasons[..], [Reason::Untrusted(_)]), "{reasons:?}");
    drop(server.join().unwrap());
}

#[test]
fn garbage_is_survived() {
    let huge = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "a".repeat(200_000));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(5000));
    let head = "HTTP/1.1 200 OK\r\n";
    for answer in [
        String::new(),
        "\0\0\0\0\0\0\0\0\r\n\r\n".to_owned(),
        "HTTP/9.9 999 \u{ff}\r\n\r\n".to_owned(),
        "HTTP/1.1 200".to_owned(),
        "HTTP/1.1 302 Found\r\nLocation: \0\r\n\r\n".to_owned(),
        "HTTP/1.1 302 Found\r\nLocation: http://\u{e9} /\r\n\r\n".to_owned(),
        "HTTP/1.1 302 Found\r\n\r\n".to_owned(),
        format!("{head}Content-Length: -5\r\n\r\n"),
        format!("{head}Content-Length: 99999999999999999999999\r\n\r\n"),
        format!("{head}Content-Length: 18446744073709551615\r\n\r\n"),
        format!("{head}Content-Length: 5\r\nContent-Length: 100000\r\n\r\n"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\nzzzz\r\n\0\0"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n\0\0"),
        format!("{head}X\0Y: z\r\n\r\n"),
        huge,
        many,
    ] {
        let server = garbage(answer.clone().into_bytes());
        let mut case = Case::of(&server);
        case.limits.delays = Vec::new();
        assert_eq!(case.fails().len(), 1, "{:?}", &answer[..answer.len().min(80)]);
    }
}

#[test]
fn another_compression_of_the_content_is_accepted() {
    let gzip = |level| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
        encoder.write_all(&bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let server = Server::start(move |request, stream| give(request, stream, &gzip(1), LEN));
    let mut case = Case::of(&server);
    (case.wanted.size, case.wanted.checksum) = (None, None);
    case.wanted.content = Some(checksum(&bytes()));
    // What another mirror with another compression gave before does not go
    // together with this one.
    case.leave_part(&gzip(9)[..500]);
    let path = case.obtain().unwrap();
    assert_eq!(fs::read(path).unwrap(), gzip(1));
    assert_eq!(server.ranges(), ["bytes=500-", ""]);
}
