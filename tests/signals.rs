//! Signals as terminals, shells, schedulers and people send them, to real processes.
#![cfg(unix)]

use std::{
    io::{BufRead, BufReader, Lines, Write},
    os::unix::process::{CommandExt, ExitStatusExt},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use crate::support::{Said, Space, TINY, events, with_default_signals};

/// Longer than two signals are one wish.
const LATER: Duration = Duration::from_millis(700);

/// A run, in a process group of its own, whose training never ends.
struct Training {
    space: Space,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Training {
    /// Started by a shell that executed `before`; it has taken some steps.
    fn start(before: &str) -> Self {
        let space = Space::new(&TINY.replace("kimg: 2", "kimg: 100000"));
        let mut shell = with_default_signals("sh");
        shell.args(["-c", &format!("{before}\nexec \"$@\""), "sh"]);
        shell.args([env!("CARGO_BIN_EXE_acai-pipe"), "run", "tiny.ron", "--progress", "json"]);
        let child = space.at_home(&mut shell).process_group(0);
        let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut training = Self { space, child, lines };
        training.wait_for("progressed", "models/baseline");
        training
    }

    /// Reads on until an event of that kind is told of the instance.
    fn wait_for(&mut self, kind: &str, instance: &str) -> String {
        let is_it = |line: &String| line.contains(kind) && line.contains(instance);
        let found = self.lines.by_ref().map_while(Result::ok).find(is_it);
        found.expect("the run goes on until then")
    }

    /// Sends a signal to the process, or to its whole group.
    fn send(&self, signal: &str, to_group: bool) {
        let group = if to_group { "-" } else { "" };
        let target = format!("{group}{}", self.child.id());
        let sent = Command::new("kill").args(["-s", signal, "--", &target]).status().unwrap();
        assert!(sent.success());
    }

    fn checkpoints(&self) -> Vec<PathBuf> {
        let below = |path: PathBuf| {
            let entries = std::fs::read_dir(path).into_iter().flatten();
            entries.map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
        };
        below(self.space.path(".acai/checkpoints")).into_iter().flat_map(below).collect()
    }

    /// It ended as an interrupted run does, and can go on.
    fn ended_with_a_checkpoint(mut self, why: &str) {
        let rest: Vec<String> = self.lines.by_ref().map_while(Result::ok).collect();
        let status = self.child.wait().unwrap();
        assert_eq!((status.code(), status.signal()), (Some(130), None), "{why}");
        assert_eq!(events(&rest.join("\n")).last().unwrap()["event"], "done", "{why}");
        assert_eq!(self.checkpoints().len(), 1, "{why}: one checkpoint");
    }
}

impl Drop for Training {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn hangup_termination_and_interrupt_end_with_a_checkpoint() {
    for signal in ["HUP", "TERM", "INT"] {
        let training = Training::start("");
        training.send(signal, false);
        training.ended_with_a_checkpoint(signal);
    }
}

/// A terminal that closes sends SIGHUP to the job and the shell sends it again;
/// `timeout` sends its signal to the process and to the group.
#[test]
fn a_signal_sent_twice_is_one_wish() {
    for signal in ["HUP", "TERM", "INT"] {
        for _ in 0..3 {
            let training = Training::start("");
            training.send(signal, false);
            training.send(signal, true);
            training.send("CONT", true);
            training.ended_with_a_checkpoint(&format!("{signal} twice"));
        }
    }
}

#[test]
fn no_second_termination_or_hangup_ends_at_once() {
    let training = Training::start("");
    training.send("STOP", false);
    for signal in ["TERM", "HUP", "TERM", "INT"] {
        training.send(signal, true);
    }
    training.send("CONT", false);
    // Signals that arrived while it was stopped are one wish, too.
    training.ended_with_a_checkpoint("mixed signals");
}

/// A run that cannot end by itself, for it waits to write its first event into a pipe
/// that is full, in a process group of its own. It handles signals already.
fn stuck(space: &Space) -> (Child, std::io::PipeReader) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let full = writer.try_clone().unwrap();
    // Fills the pipe, whatever it takes, and ends with it.
    std::thread::spawn(move || writer.write_all(&vec![b'\n'; 1 << 22]));
    std::thread::sleep(Duration::from_millis(100));
    let mut command = space.command(&["run", "tiny.ron", "--progress", "json"]);
    command.stdout(full).stderr(Stdio::piped()).process_group(0);
    let child = command.spawn().unwrap();
    let start = Instant::now();
    let handles = |signal: u32| {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
        Some(u64::from_str_radix(mask.trim(), 16).ok()? >> (signal - 1) & 1 == 1)
    };
    while handles(15) == Some(false) && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(200));
    (child, reader)
}

#[test]
fn only_a_second_interrupt_half_a_second_later_ends_at_once() {
    let space = Space::new(TINY);
    let (mut child, reader) = stuck(&space);
    let send = |signal: &str| {
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        std::thread::sleep(Duration::from_millis(20));
    };
    send("TERM");
    send("HUP");
    std::thread::sleep(LATER);
    for signal in ["TERM", "HUP", "INT", "INT", "INT"] {
        send(signal);
    }
    std::thread::sleep(Duration::from_millis(100));
    send("TERM");
    std::thread::sleep(LATER);
    send("TERM");
    send("HUP");
    assert!(child.try_wait().unwrap().is_none(), "no signal but a second Ctrl-C ends it at once");
    let _ = Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status();
    let said = Said::from(child.wait_with_output().unwrap());
    drop(reader);
    assert_eq!(said.code, Some(130));
    assert_eq!(said.stderr.matches("stopping").count(), 1, "{}", said.stderr);
}

/// `nohup`, and jobs of scripts, whose SIGINT is ignored.
#[test]
fn what_was_ignored_at_the_start_stays_ignored() {
    let mut training = Training::start("trap '' HUP INT");
    training.send("HUP", true);
    training.send("INT", true);
    std::thread::sleep(LATER);
    training.send("INT", false);
    training.send("HUP", false);
    training.wait_for("progressed", "models/baseline");
    training.wait_for("progressed", "models/baseline");
    assert!(training.child.try_wait().unwrap().is_none(), "it goes on");
    training.send("TERM", false);
    training.ended_with_a_checkpoint("TERM is not ignored");
}

#[test]
fn sigusr2_checkpoints_and_the_run_goes_on() {
    let mut training = Training::start("");
    assert_eq!(training.checkpoints().len(), 0);
    for _ in 0..2 {
        training.send("USR2", false);
        let note = training.wait_for("noted", "models/baseline");
        assert!(note.contains("a checkpoint was written after step "), "{note}");
        assert_eq!(training.checkpoints().len(), 1);
    }
    training.wait_for("progressed", "models/baseline");
    training.send("KILL", false);
    training.child.wait().unwrap();
    let mut again = training.space.start(&[]);
    let lines = BufReader::new(again.stdout.take().unwrap()).lines();
    let mut notes = lines.map_while(Result::ok).filter(|line| line.contains("noted"));
    let note = notes.next().unwrap();
    assert!(note.contains("goes on after step "), "{note}");
    again.kill().unwrap();
    again.wait().unwrap();
}

#[test]
fn sigusr2_ends_no_run_of_anything_else() {
    let space = Space::new(TINY);
    let mut child = space.start(&[]);
    let start = Instant::now();
    while !space.path(".acai").exists() {
        assert!(start.elapsed() < Duration::from_secs(60), "nothing is run");
        std::thread::sleep(Duration::from_millis(1));
    }
    while child.try_wait().unwrap().is_none() {
        let _ = Command::new("kill").args(["-s", "USR2", &child.id().to_string()]).status();
        std::thread::sleep(Duration::from_millis(20));
    }
    let said = Said::from(child.wait_with_output().unwrap());
    assert_eq!(said.code, Some(0), "{}", said.stderr);
}
