//! How a page uses an origin, and the socket pools that follow from it.
//!
//! A connection belongs to a pool with or without credentials (Fetch, "obtain a connection"). A preconnect into the
//! wrong pool is a handshake wasted, so each use is classed by the request that it makes.

/// The socket pools of one origin, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pools {
    /// Requests that may carry cookies: plain images, scripts, stylesheets, media.
    pub credentialed: bool,
    /// Requests that never do: fonts, module scripts, `crossorigin` or `crossorigin=anonymous`.
    pub anonymous: bool,
}

impl Pools {
    /// The pool of plain, no-cors requests.
    pub const CREDENTIALED: Self = Self { credentialed: true, anonymous: false };
    /// The pool of requests without credentials.
    pub const ANONYMOUS: Self = Self { credentialed: false, anonymous: true };

    /// The set as bits, as it is stored and sent: 1 credentialed, 2 anonymous.
    #[must_use]
    pub fn bits(self) -> u8 {
        u8::from(self.credentialed) | u8::from(self.anonymous) << 1
    }

    /// Reads the set back; other bits are somebody else's.
    #[must_use]
    pub fn from_bits(bits: u8) -> Self {
        Self { credentialed: bits & 1 != 0, anonymous: bits & 2 != 0 }
    }

    /// Whether neither pool is in the set.
    #[must_use]
    pub fn is_empty(self) -> bool {
        !self.credentialed && !self.anonymous
    }

    /// This set without the pools of `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self {
            credentialed: self.credentialed && !other.credentialed,
            anonymous: self.anonymous && !other.anonymous,
        }
    }

    /// The pools of both sets.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            credentialed: self.credentialed || other.credentialed,
            anonymous: self.anonymous || other.anonymous,
        }
    }
}

/// The state of a `crossorigin` attribute (HTML, "CORS settings attributes").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrossOrigin {
    /// No attribute.
    NoCors,
    /// The attribute without a value, with an empty or any unknown one, or `anonymous`.
    Anonymous,
    /// `use-credentials`.
    UseCredentials,
}

impl CrossOrigin {
    /// Reads the attribute's value; `None` is an absent attribute.
    #[must_use]
    pub fn of_attribute(value: Option<&str>) -> Self {
        match value {
            None => Self::NoCors,
            Some(value) if value.eq_ignore_ascii_case("use-credentials") => Self::UseCredentials,
            Some(_) => Self::Anonymous,
        }
    }

    /// The pool of a cross-origin request made with this setting, where no attribute means `no-cors`.
    #[must_use]
    pub fn pools(self) -> Pools {
        match self {
            Self::NoCors | Self::UseCredentials => Pools::CREDENTIALED,
            Self::Anonymous => Pools::ANONYMOUS,
        }
    }

    /// The pool of a cross-origin request that is CORS even without the attribute: module scripts and their
    /// preloads, with credentials mode `same-origin`.
    #[must_use]
    pub fn module_pools(self) -> Pools {
        match self {
            Self::UseCredentials => Pools::CREDENTIALED,
            Self::NoCors | Self::Anonymous => Pools::ANONYMOUS,
        }
    }
}

/// How one page uses one origin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The pools that its requests need. Empty when only frames use it.
    pub pools: Pools,
    /// Whether a stylesheet or a parser-blocking script comes from it.
    pub blocks_rendering: bool,
}

impl Usage {
    /// A use by a frame alone.
    pub const FRAME: Self =
        Self { pools: Pools { credentialed: false, anonymous: false }, blocks_rendering: false };

    /// Takes another use by the same page in.
    pub fn merge(&mut self, other: Self) {
        self.pools = self.pools.union(other.pools);
        self.blocks_rendering |= other.blocks_rendering;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_attribute_decides_the_pool() {
        for (value, plain, module) in [
            (None, Pools::CREDENTIALED, Pools::ANONYMOUS),
            (Some(""), Pools::ANONYMOUS, Pools::ANONYMOUS),
            (Some("anonymous"), Pools::ANONYMOUS, Pools::ANONYMOUS),
            (Some("whatever"), Pools::ANONYMOUS, Pools::ANONYMOUS),
            (Some("Use-Credentials"), Pools::CREDENTIALED, Pools::CREDENTIALED),
        ] {
            let setting = CrossOrigin::of_attribute(value);
            assert_eq!(setting.pools(), plain, "{value:?}");
            assert_eq!(setting.module_pools(), module, "{value:?}");
        }
    }
}
