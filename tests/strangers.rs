//! What strangers send, or change under our hands, does no harm.

#[cfg(unix)]
mod artifacts;
mod credentials;
mod servers;
mod shapes;
#[cfg(unix)]
mod tampering;
mod texts;
