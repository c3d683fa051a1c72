//! Bars: the required figures, and how a figure is shown together with its bar.

/// What a figure of respool's, or its ratio to another's, has to be.
#[derive(Clone, Copy)]
pub enum Bar {
    /// More is better: operations per second, hits.
    AtLeast(f64),
    /// Less is better: latency, CPU time, bytes.
    AtMost(f64),
}

impl Bar {
    /// Whether `ratio` is good enough.
    pub fn is_met(self, ratio: f64) -> bool {
        match self {
            Bar::AtLeast(bar) => ratio >= bar,
            Bar::AtMost(bar) => ratio <= bar,
        }
    }

    /// What is asked for, in words.
    pub fn words(self) -> String {
        match self {
            Bar::AtLeast(bar) => format!("at least {bar} asked"),
            Bar::AtMost(bar) => format!("at most {bar} asked"),
        }
    }

    /// The number alone.
    fn number(self) -> f64 {
        match self {
            Bar::AtLeast(bar) | Bar::AtMost(bar) => bar,
        }
    }
}

/// A figure or ratio followed by its bar, and a cross if that was missed.
pub fn judged(figure: Option<f64>, bar: Option<Bar>) -> String {
    match (figure, bar) {
        (None, _) => "–".into(),
        (Some(figure), None) => format!("{figure:.2}"),
        (Some(figure), Some(bar)) if bar.is_met(figure) => {
            format!("{figure:.2} ({})", bar.number())
        }
        (Some(figure), Some(bar)) => format!("{figure:.2} ({}) ✗", bar.number()),
    }
}

/// How many times the other's figure respool's is. Two zeros are equal; a difference may be
/// negative, and then there is nothing to compare.
pub fn ratio(respool: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (respool?, other?) {
        (0.0, 0.0) => Some(1.0),
        (respool, other) if respool < 0.0 || other < 0.0 => None,
        (respool, other) => Some(respool / other),
    }
}

/// The middle of some figures, or the mean of the two in the middle.
///
/// Medians, not means: one round that met a busy neighbour should not decide.
pub fn median(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() {
        0 => None,
        count if count % 2 == 1 => Some(figures[middle]),
        _ => Some((figures[middle - 1] + figures[middle]) / 2.0),
    }
}
