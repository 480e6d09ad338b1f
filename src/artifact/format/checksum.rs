//! Bob Jenkins' lookup3, with which HDF5 protects what describes the data.
//!
//! Knows nothing of what it protects.

/// Appends the checksum of everything in `block` from `start` on.
pub(super) fn append(block: &mut Vec<u8>, start: usize) {
    let sum = lookup3(&block[start..]);
    block.extend(sum.to_le_bytes());
}

fn lookup3(bytes: &[u8]) -> u32 {
    let start = 0xdead_beef_u32.wrapping_add(bytes.len() as u32);
    let mut state = [start; 3];
    // The last piece, of 1 to 12 bytes, is mixed differently.
    let whole = bytes.len().saturating_sub(1) / 12 * 12;
    for piece in bytes[..whole].chunks_exact(12) {
        add(&mut state, piece);
        mix(&mut state);
    }
    if bytes.is_empty() {
        return state[2];
    }
    add(&mut state, &bytes[whole..]);
    finish(state)
}

/// Adds up to twelve bytes, as three little-endian numbers.
fn add(state: &mut [u32; 3], piece: &[u8]) {
    for (place, &byte) in piece.iter().enumerate() {
        let word = &mut state[place / 4];
        *word = word.wrapping_add(u32::from(byte) << (8 * (place % 4)));
    }
}

fn mix([a, b, c]: &mut [u32; 3]) {
    let step = |x: &mut u32, y: &mut u32, z: &mut u32, bits: u32| {
        *x = x.wrapping_sub(*z) ^ z.rotate_left(bits);
        *z = z.wrapping_add(*y);
    };
    step(a, b, c, 4);
    step(b, c, a, 6);
    step(c, a, b, 8);
    step(a, b, c, 16);
    step(b, c, a, 19);
    step(c, a, b, 4);
}

fn finish([mut a, mut b, mut c]: [u32; 3]) -> u32 {
    let step = |x: &mut u32, y: u32, bits: u32| {
        *x = (*x ^ y).wrapping_sub(y.rotate_left(bits));
    };
    step(&mut c, b, 14);
    step(&mut a, c, 11);
    step(&mut b, a, 25);
    step(&mut c, b, 16);
    step(&mut a, c, 4);
    step(&mut b, a, 14);
    step(&mut c, b, 24);
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the self-test of Jenkins' lookup3.c.
    #[test]
    fn it_is_jenkins_lookup3() {
        assert_eq!(lookup3(b""), 0xdead_beef);
        assert_eq!(lookup3(b"Four score and seven years ago"), 0x1777_0551);
    }
}
