//! Reading on a thread of its own, some pieces ahead of their use.
//!
//! Knows nothing of what is read.

use std::{panic::resume_unwind, sync::mpsc::sync_channel, thread};

use super::FormatError;

/// How many pieces may wait to be used.
const WAITING: usize = 2;

/// Runs `read` on a thread and hands the pieces it sends to `take`, in order.
///
/// Ends when `read` does, at the first error, or when `take` returns false: errors
/// that `read` meets after that are dropped, and `send` returns false so that
/// `read` stops.
pub(crate) fn read_ahead<T: Send>(
    read: impl FnOnce(&mut dyn FnMut(T) -> bool) -> Result<(), FormatError> + Send,
    mut take: impl FnMut(T) -> Result<bool, FormatError>,
) -> Result<(), FormatError> {
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(WAITING);
        let reader = scope.spawn(move || read(&mut |piece| sender.send(piece).is_ok()));
        for piece in &receiver {
            if !take(piece)? {
                return Ok(());
            }
        }
        reader.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Problem;

    fn broken() -> FormatError {
        FormatError { file: "x".into(), member: String::new(), problem: Problem::Twice }
    }

    #[test]
    fn pieces_come_in_order_and_then_the_error() {
        let mut got = Vec::new();
        let read = |send: &mut dyn FnMut(u8) -> bool| {
            assert!((0..10).all(send));
            Err(broken())
        };
        let end = read_ahead(read, |piece| {
            got.push(piece);
            Ok(true)
        });
        assert_eq!(got, (0..10).collect::<Vec<_>>());
        assert_eq!(end.unwrap_err().to_string(), broken().to_string());
    }

    #[test]
    fn errors_after_the_end_are_dropped() {
        let read = |send: &mut dyn FnMut(u8) -> bool| {
            while send(0) {}
            Err(broken())
        };
        assert!(read_ahead(read, |_| Ok(false)).is_ok());
        let read = |send: &mut dyn FnMut(u8) -> bool| {
            while send(0) {}
            Ok(())
        };
        assert!(read_ahead(read, |_| Err(broken())).is_err());
    }
}
