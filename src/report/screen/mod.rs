//! Drawing with characters: pictures, curves and maps for a terminal as wide and
//! as colourful as it happens to be, or for plain text.
//!
//! Knows nothing of artifacts, and not of how it is found out what a terminal
//! can do.

pub mod canvas;
pub mod map;
pub mod sparkline;
pub mod tiles;

/// Where something is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Characters in a line.
    pub width: usize,
    /// What pixels are drawn with.
    pub depth: ColourDepth,
    /// Whether the background is light.
    pub is_light: bool,
}

/// What pixels are drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourDepth {
    /// 24-bit colours.
    Colours,
    /// The usual 256 colours.
    Palette,
    /// The four greys of every terminal with colours.
    Greys,
    /// Characters from empty to full; no escapes.
    Characters,
}

impl ColourDepth {
    /// Whether colours tell things apart.
    #[must_use]
    pub fn has_colours(self) -> bool {
        matches!(self, Self::Colours | Self::Palette)
    }
}
