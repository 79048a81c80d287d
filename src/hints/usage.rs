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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CrossOrigin {
    /// No attribute.
    #[default]
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

/// What one view of a page asks of one pool of an origin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// The requests that the browser is sure to make, as far as the markup tells. At most 255.
    pub requests: u8,
    /// How many of these a browser fetches with high priority, in tenths: stylesheets, early blocking scripts, fonts, the
    /// pictures that are in view at once, of which nobody can be sure. At most 255.
    pub urgent: u8,
}

impl Demand {
    /// One request that can wait.
    pub const ONE: Self = Self { requests: 1, urgent: 0 };
    /// One request with high priority.
    pub const URGENT: Self = Self { requests: 1, urgent: 10 };

    fn add(&mut self, other: Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.urgent = self.urgent.saturating_add(other.urgent);
    }
}

/// Where a browser finds an origin for the first time, early to late. The later, the more a hint gains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    /// In the first kilobyte of the page: hardly later than the header that carries a hint.
    Start,
    /// In the head, further down.
    Head,
    /// In the body.
    #[default]
    Body,
    /// In a stylesheet, which has to be fetched and read first.
    Css,
    /// By a script, as visitors' browsers have reported.
    Script,
}

impl Found {
    /// The place as a number, as it is sent; the order is that of the variants.
    #[must_use]
    pub fn bits(self) -> u8 {
        self as u8
    }

    /// Reads the number back; an unknown one is the body.
    #[must_use]
    pub fn from_bits(bits: u8) -> Self {
        [Self::Start, Self::Head, Self::Body, Self::Css, Self::Script]
            .get(usize::from(bits))
            .copied()
            .unwrap_or_default()
    }
}

/// How one view of a page uses one origin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// What is asked of the credentialed pool.
    pub credentialed: Demand,
    /// What is asked of the anonymous pool.
    pub anonymous: Demand,
    /// Whether a stylesheet or a parser-blocking script comes from it.
    pub blocks_rendering: bool,
    /// Where it is found first.
    pub found: Found,
    /// The pools that the page's own `<link rel=preconnect>` names.
    pub preconnected: Pools,
    /// Whether the page has a `<link rel=dns-prefetch>` or `preconnect` of its own for it.
    pub looked_up: bool,
    /// Whether the only sign of it is a link to a URL of this site that redirects there.
    pub is_linked: bool,
}

impl Usage {
    /// A use that needs the name and perhaps a socket, but none that a preconnect of the page can open or is sure to
    /// be worth: frames, whose sockets are partitioned, and pictures of a style rule that may match nothing.
    pub const LOOKUP: Self = Self {
        credentialed: Demand { requests: 0, urgent: 0 },
        anonymous: Demand { requests: 0, urgent: 0 },
        blocks_rendering: false,
        found: Found::Body,
        preconnected: Pools { credentialed: false, anonymous: false },
        looked_up: false,
        is_linked: false,
    };

    /// A use of one pool, found at `found`.
    #[must_use]
    pub fn of(pools: Pools, demand: Demand, found: Found) -> Self {
        let none = Demand::default();
        Self {
            credentialed: if pools.credentialed { demand } else { none },
            anonymous: if pools.anonymous { demand } else { none },
            found,
            ..Self::LOOKUP
        }
    }

    /// The pools that its requests need. Empty when only the name is needed.
    #[must_use]
    pub fn pools(&self) -> Pools {
        Pools { credentialed: self.credentialed.requests > 0, anonymous: self.anonymous.requests > 0 }
    }

    /// Takes another use by the same view in.
    pub fn merge(&mut self, other: Self) {
        self.credentialed.add(other.credentialed);
        self.anonymous.add(other.anonymous);
        self.blocks_rendering |= other.blocks_rendering;
        self.found = self.found.min(other.found);
        self.preconnected = self.preconnected.union(other.preconnected);
        self.looked_up |= other.looked_up;
        self.is_linked &= other.is_linked;
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
