//! What is done to a request before it is sent, as data.

use std::borrow::Cow;

/// One thing that is done to requests for some models. An operator builds them at run time.
///
/// ```
/// use thalweg_http::Profile;
/// use thalweg_http::prepare::rules::{Change, Models, Rule};
///
/// let mut models = Models::all();
/// models.only = vec!["o1*".into()].into();
/// let rule = Rule { models, change: Change::Remove { member: "temperature".into() } };
/// let profile = Profile::of("openai-chat").map(|profile| profile.with_rule(rule));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a rule is these two things: which models, and what is done")]
pub struct Rule {
    /// For which models.
    pub models: Models,
    /// What is done.
    pub change: Change,
}

/// Models by their names: `*` stands for any characters, `?` for one; letters of either case are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Models {
    /// One of these; empty: any.
    pub only: Cow<'static, [Cow<'static, str>]>,
    /// And none of these.
    pub except: Cow<'static, [Cow<'static, str>]>,
}

/// What is done to a request. Members are those of the body's top level.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// A member is taken out, whatever its value.
    Remove {
        /// Its name.
        member: Cow<'static, str>,
    },
    /// A member is taken out where it is `null`.
    RemoveNull {
        /// Its name.
        member: Cow<'static, str>,
    },
    /// A member gets another name, unless there is one of that name.
    Rename {
        /// Its name.
        member: Cow<'static, str>,
        /// What it is to be.
        to: Cow<'static, str>,
    },
    /// A member gets this value where it has none, or an empty one.
    Default {
        /// Its name.
        member: Cow<'static, str>,
        /// The value, as JSON.
        json: Cow<'static, str>,
    },
    /// A member gets this value, whatever it had.
    Set {
        /// Its name.
        member: Cow<'static, str>,
        /// The value, as JSON.
        json: Cow<'static, str>,
    },
    /// A request without this member is not sent.
    Require {
        /// Its name.
        member: Cow<'static, str>,
    },
    /// `stream_options.include_usage` is set where the answer is streamed and nothing is said about it, and
    /// `stream_options` is taken out where it is not streamed.
    AskUsage,
    /// Messages of the assistant with neither content nor calls are left out.
    DropEmptyAssistant,
    /// `cache_control` is taken out of messages, `system` and tools.
    RemoveCacheControl,
    /// `response_format` is taken out, and where it asks for JSON an instruction in these words goes behind the system
    /// prompt, with the schema where it has one.
    JsonByInstruction {
        /// The instruction.
        words: Cow<'static, str>,
    },
    /// Signatures of Gemini's thoughts that stand beside a call are put into its id, behind `__thought__`, and into those
    /// of its results, unless they are there.
    PutSignaturesIntoIds,
    /// Content in blocks as an agent keeps them gets the words of the API: reasoning (`reasoningContent`) is a `thinking`
    /// block with its signature, and a `cachePoint` marks the part before it.
    BlocksToParts,
    /// Content in the words of Chat Completions gets those of Responses: `text` is `input_text`, `image_url` is
    /// `input_image`. A part of any other type that Responses does not know is an error.
    ContentToResponses,
}

impl Rule {
    /// For all models.
    #[must_use]
    pub const fn of(change: Change) -> Self {
        Self { models: Models::all(), change }
    }
}

impl Models {
    /// All of them.
    #[must_use]
    pub const fn all() -> Self {
        Self { only: Cow::Borrowed(&[]), except: Cow::Borrowed(&[]) }
    }

    /// These, for constants. At run time set the field itself.
    #[must_use]
    pub const fn only(names: &'static [Cow<'static, str>]) -> Self {
        Self { only: Cow::Borrowed(names), except: Cow::Borrowed(&[]) }
    }

    /// All but these, for constants.
    #[must_use]
    pub const fn except(names: &'static [Cow<'static, str>]) -> Self {
        Self { only: Cow::Borrowed(&[]), except: Cow::Borrowed(names) }
    }

    /// Whether a model is meant. One without a name is, where all are.
    #[must_use]
    pub fn matches(&self, model: &str) -> bool {
        let is_in = |names: &[Cow<'_, str>]| names.iter().any(|name| is_like(model.as_bytes(), name.as_bytes()));
        (self.only.is_empty() || is_in(&self.only)) && !is_in(&self.except)
    }
}

/// Whether a name is like a pattern. Linear in their product: a star is tried again only from the last one.
fn is_like(name: &[u8], pattern: &[u8]) -> bool {
    let (mut at, mut p) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while at < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, at));
                p += 1;
            }
            Some(c) if *c == b'?' || c.eq_ignore_ascii_case(&name[at]) => {
                p += 1;
                at += 1;
            }
            _ => {
                let Some((star_p, star_at)) = &mut star else { return false };
                *star_at += 1;
                (p, at) = (*star_p + 1, *star_at);
            }
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn patterns_match_whole_names() {
        let check = |name: &str, pattern: &str, expected| {
            assert_eq!(is_like(name.as_bytes(), pattern.as_bytes()), expected, "{name} {pattern}");
        };
        check("gpt-5-mini", "gpt-5*", true);
        check("GPT-5", "gpt-5*", true);
        check("my-gpt-5", "gpt-5*", false);
        check("us.anthropic.claude-x", "*claude*", true);
        check("o3", "o?*", true);
        check("o", "o?*", false);
        check("aab", "*ab", true);
        check("", "*", true);
        check("a", "", false);
    }
}
