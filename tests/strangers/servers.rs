//! What servers send is bounded, and what they say too; they get a password from where
//! it belongs.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use crate::support::Space;

/// A server that answers every request with the same, and remembers what was asked.
struct Server {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(answer: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heads);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let lines = lines.map_while(Result::ok).take_while(|line| !line.is_empty());
                let head = lines.collect::<Vec<_>>().join("\n");
                seen.lock().unwrap().push(head);
                // Whoever hangs up has had enough.
                drop(answer(&mut stream));
            }
        });
        Self { port, heads }
    }

    fn heads(&self) -> String {
        self.heads.lock().unwrap().join("\n")
    }
}

/// A descriptor of one file, of which `known` is known, with a mirror on the server.
fn space(server: &Server, known: &str) -> Space {
    let space = Space::new("");
    let descriptor = format!(
        "Descriptor(name: \"d\", about: \"x\", image: (height: 8, width: 8, channels: 1), \
         classes: [\"a\"], files: [(name: \"a.npz\", {known} \
         checksum: \"md5:900150983cd24fb0d6963f7d28e17f72\", \
         mirrors: [\"http://127.0.0.1:{}/a\"])], \
         train: [Npz(file: \"a.npz\", images: \"x\", labels: \"y\")], \
         split: Blocks(test: 0.5, blocks: 2))",
        server.port
    );
    std::fs::write(space.path("d.ron"), descriptor).unwrap();
    space
}

/// Bytes without end, and no word on how many.
fn endless(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
    // Nobody reads more than this in these tests.
    (0..1 << 11).try_for_each(|_| stream.write_all(&vec![7; 1 << 16]))
}

/// How many bytes are kept of downloads.
fn kept(space: &Space) -> u64 {
    let folders = std::fs::read_dir(space.path("downloads")).into_iter().flatten();
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap());
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

#[test]
fn a_file_without_a_declared_length_is_taken_up_to_a_bound() {
    let server = Server::start(endless);
    for (known, more) in [
        ("at_most: 100000,", &[][..]),
        ("", &["--max-download", "100kB"]),
        ("at_most: 5000000000,", &["--max-download", "100kB"]),
    ] {
        let space = space(&server, known);
        let said = space.say(&[&["data", "fetch", "./d.ron"], more].concat());
        assert_eq!(said.code, Some(1), "{}", said.stderr);
        assert!(said.stderr.contains("has more than the 100000 bytes"), "{}", said.stderr);
        assert!(said.stderr.contains("--max-download"), "{}", said.stderr);
        assert_eq!(kept(&space), 0);
    }
}

#[test]
fn a_length_that_a_server_announces_is_bounded_before_a_byte_comes() {
    let server = Server::start(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2000000000\r\n\r\nabc")
    });
    let space = space(&server, "");
    let said = space.say(&["data", "fetch", "./d.ron"]);
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(said.stderr.contains("has more than the 1073741824 bytes"), "{}", said.stderr);
    assert_eq!(kept(&space), 0);
}

#[test]
fn what_a_server_says_is_told_in_few_words_and_obeyed_by_no_terminal() {
    let long = "x".repeat(20_000);
    let server = Server::start(move |stream| {
        let head = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: ";
        write!(stream, "{head}ftp://me:secretpw@a.b/{long}?token=secrettoken\r\n\r\n")
    });
    let said = space(&server, "size: 3,").say(&["data", "fetch", "./d.ron"]);
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(said.stderr.contains("redirected to `ftp://a.b/xxx"), "{}", said.stderr);
    assert!(said.stderr.len() < 3_000 && !said.stderr.contains("secret"), "{}", said.stderr);
}

fn abc(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")
}

#[test]
fn passwords_come_from_netrc_and_tokens_from_the_environment() {
    for (variable, value, wanted) in [
        // `printf me:pw | base64`
        ("NETRC", "netrc", "authorization: basic bwu6chc="),
        ("ACAI_TOKEN_127_0_0_1", "secrettoken", "authorization: bearer secrettoken"),
        ("NETRC", "not-there", ""),
    ] {
        let server = Server::start(abc);
        let space = space(&server, "size: 3,");
        let netrc = "machine a.b login no password no\nmachine 127.0.0.1 login me password pw\n";
        std::fs::write(space.path("netrc"), netrc).unwrap();
        let mut command = space.command(&["data", "fetch", "./d.ron", "-v"]);
        let output = command.env("HOME", space.path("")).env(variable, value).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{stderr}");
        let heads = server.heads().to_lowercase();
        assert_eq!(heads.contains("authorization"), !wanted.is_empty(), "{heads}");
        assert!(heads.contains(wanted), "{heads}");
        assert!(!stderr.contains("secret") && !stderr.contains("pw"), "{stderr}");
    }
}
