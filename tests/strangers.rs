//! What strangers send, or change under our hands, does no harm.

#[cfg(unix)]
mod artifacts;
#[cfg(unix)]
mod tampering;
