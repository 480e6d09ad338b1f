//! What a child gives up before it reads a file, and how it says what it could not.
//!
//! Knows nothing of files.

use std::{
    fmt::{self, Write as _},
    io,
    path::Path,
};

/// Something that confines a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Bounded memory, time and open files, and no writing to files.
    Limits,
    /// A user that has nothing, where root would read the file.
    User,
    /// No file but the one.
    Files,
    /// No network, no other programs, no other processes.
    SystemCalls,
}

/// What confines a child, and what it lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confinement {
    /// What holds.
    pub has: Vec<Measure>,
    /// What does not, and why.
    pub lacks: Vec<(Measure, String)>,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Limits, Self::User, Self::Files, Self::SystemCalls];

    fn word(self) -> &'static str {
        match self {
            Self::Limits => "limits",
            Self::User => "user",
            Self::Files => "files",
            Self::SystemCalls => "system-calls",
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Limits => "limits of memory, time and files",
            Self::User => "a user of its own",
            Self::Files => "no file but the one it reads (Landlock)",
            Self::SystemCalls => "no network, no other program, no other process (seccomp)",
        })
    }
}

impl Confinement {
    pub(super) fn note(&mut self, measure: Measure, result: Result<(), String>) {
        match result {
            Ok(()) => self.has.push(measure),
            Err(why) => self.lacks.push((measure, why)),
        }
    }

    /// One line for each measure: `has limits`, `lacks user WHY`.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for measure in &self.has {
            let _ = writeln!(text, "has {}", measure.word());
        }
        for (measure, why) in &self.lacks {
            let _ = writeln!(text, "lacks {} {}", measure.word(), why.replace('\n', " "));
        }
        text
    }

    /// Reads [`Confinement::text`] back; none if it is none.
    #[must_use]
    pub(super) fn parse(text: &str) -> Option<Self> {
        let measure = |word: &str| Measure::ALL.into_iter().find(|one| one.word() == word);
        let mut found = Self::default();
        for line in text.lines() {
            let (what, rest) = line.split_once(' ')?;
            match what {
                "has" => found.has.push(measure(rest)?),
                "lacks" => {
                    let (word, why) = rest.split_once(' ')?;
                    found.lacks.push((measure(word)?, super::plain(why)));
                }
                _ => return None,
            }
        }
        (found.has.len() + found.lacks.len() == Measure::ALL.len()).then_some(found)
    }
}

/// Gives up everything that reading the file at `path` does not need, and says what
/// could not be given up. Called by the child before it reads a byte of it, while it has
/// a single thread.
///
/// # Errors
/// If there is no such file, or if the system refuses limits that it has.
#[cfg(target_os = "linux")]
pub fn confine(path: &Path) -> io::Result<Confinement> {
    use super::{limits, linux};
    let file = std::fs::metadata(path)?;
    let mut confinement = Confinement::default();
    limits::set(file.len())?;
    confinement.note(Measure::Limits, Ok(()));
    let files = linux::one_file(path);
    confinement.note(Measure::User, linux::own_user(path, &file));
    linux::end_with_parent();
    confinement.note(Measure::Files, files.and_then(linux::restrict));
    confinement.note(Measure::SystemCalls, linux::few_system_calls());
    Ok(confinement)
}

/// The same where there is less to give up.
///
/// # Errors
/// If there is no such file, or if the system refuses limits that it has.
#[cfg(not(target_os = "linux"))]
pub fn confine(path: &Path) -> io::Result<Confinement> {
    let file = std::fs::metadata(path)?;
    let mut confinement = Confinement::default();
    #[cfg(unix)]
    super::limits::set(file.len())?;
    let none = |what| Err(format!("acai-pipe knows of no {what} on this system"));
    confinement.note(Measure::Limits, if cfg!(unix) { Ok(()) } else { none("limits") });
    let _ = file;
    confinement.note(Measure::User, none("way to change the user"));
    confinement.note(Measure::Files, none("Landlock"));
    confinement.note(Measure::SystemCalls, none("seccomp"));
    Ok(confinement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_child_says_is_read_back() {
        let said = Confinement {
            has: vec![Measure::Limits, Measure::SystemCalls],
            lacks: vec![
                (Measure::User, "not started by root".to_owned()),
                (Measure::Files, "an old\nkernel".to_owned()),
            ],
        };
        let read = Confinement::parse(&said.text()).unwrap();
        assert_eq!(read.has, said.has);
        assert_eq!(read.lacks[1], (Measure::Files, "an old kernel".to_owned()));
        for wrong in ["", "has limits\n", "has limits\nhas user\nhas files\nhas\n"] {
            assert_eq!(Confinement::parse(wrong), None, "{wrong}");
        }
    }
}
