//! The configuration without any line, and how another one differs from it.

use super::directive::Effect;
use super::directives;
use super::settings::Config;

impl Config {
    /// What a command line without a word means.
    pub fn with_defaults() -> Config {
        let mut config = Config::default();
        directives::all().for_each(|directive| directive.put_default(&mut config));
        config
    }

    /// Directives that ask for something that is not done here, each with the reason.
    pub fn without_effect(&self) -> Vec<(&'static str, &'static str)> {
        let ignored = directives::all().filter_map(|directive| match directive.effect {
            Effect::Nothing(why) if !directive.is_default(self) => Some((directive.name, why)),
            _ => None,
        });
        ignored.collect()
    }
}
