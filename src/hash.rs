//! The FNV-1a hash: quick, and the same in every build and release, unlike the standard library's. It keeps nobody from making
//! two texts with the same hash, so it names and chooses, and never proves anything.

/// The FNV-1a hash, 64 bits wide.
#[must_use]
pub fn fnv1a(bytes: &[u8]) -> u64 {
    fnv1a_on(FNV1A, bytes)
}

/// The hash of nothing.
pub const FNV1A: u64 = 0xcbf2_9ce4_8422_2325;

/// The hash of what `hash` is of, and these bytes behind it.
#[must_use]
pub fn fnv1a_on(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// The hash in 16 bits: enough to tell a few things apart.
#[must_use]
pub fn hash16(bytes: &[u8]) -> u16 {
    let [low, high, ..] = fnv1a(bytes).to_le_bytes();
    u16::from_le_bytes([low, high])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one_whole_or_in_pieces() {
        // The test vectors of the FNV draft (draft-eastlake-fnv, appendix C).
        assert_eq!(fnv1a(b""), FNV1A);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
        assert_eq!(fnv1a_on(fnv1a(b"foo"), b"bar"), fnv1a(b"foobar"));
        assert_eq!(hash16(b"foobar"), 0x67e8);
    }
}
