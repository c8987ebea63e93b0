//! What is asked of a server, and what must come of it.

use core::time::Duration;

use serde_json::Value;
use thalweg_http::Endpoint;
use tokio::time::{Instant, sleep};

use crate::Fallible;
use crate::api::{Api, Ask, Server};
use crate::call::{Midway, call};
use crate::check::{Ending, Expected};
use crate::report::Report;
use crate::told::Told;

/// One scenario.
struct Scenario {
    name: &'static str,
    ask: Ask<'static>,
    midway: Midway,
    ending: Ending,
}

impl Scenario {
    /// Of several choices LiteLLM passes on one finish reason, or one choice: the corpus shows it.
    fn is_of(&self, server: Server, api: Api) -> bool {
        self.ask.choices == 1 || (server == Server::Llama && api == Api::Chat)
    }
}

/// What a server's answers by one API, on one route, are known not to pass on, and the anomalies they are known for.
struct Known {
    server: Server,
    api: Api,
    /// The routes it is so on; empty for each.
    models: &'static [&'static str],
    has_reasoning: bool,
    tells_length: bool,
    anomalies: &'static [&'static str],
}

/// Every scenario, on each API that has it, for each of the server's models.
pub(crate) async fn run(server: Server, url: &str, models: &[&str], report: &mut Report) -> Fallible {
    for model in models {
        for api in Api::ALL {
            for scenario in SCENARIOS.iter().filter(|scenario| scenario.is_of(server, api)) {
                let name = format!("{server:?} {model} {api}: {}", scenario.name);
                let differences = one(server, url, model, api, scenario).await;
                report.add(&name, &differences.unwrap_or_else(|error| vec![error.to_string()]))?;
            }
        }
    }
    Ok(())
}

/// The server, or the one behind it, is killed in the middle of an answer.
pub(crate) async fn killed(
    server: Server,
    url: &str,
    api: Api,
    model: &str,
    pid: u32,
    report: &mut Report,
) -> Fallible {
    let ending = match server {
        Server::Llama => Ending::Broken,
        Server::Litellm => Ending::Failed { has_reason: api == Api::Responses },
    };
    let scenario = Scenario { name: "killed", ask: ENDLESS, midway: Midway::Kill(pid), ending };
    let differences = one(server, url, model, api, &scenario).await;
    report.add(
        &format!("{server:?} {model} {api}: killed"),
        &differences.unwrap_or_else(|error| vec![error.to_string()]),
    )?;
    Ok(())
}

async fn one(server: Server, url: &str, model: &str, api: Api, scenario: &Scenario) -> Fallible<Vec<String>> {
    let known = KNOWN.iter().find(|known| {
        (known.server, known.api) == (server, api) && (known.models.is_empty() || known.models.contains(&model))
    });
    let mut told = Told::of(scenario.ask.script)?;
    let mut ending = scenario.ending;
    if known.is_some_and(|known| !known.has_reasoning) {
        told = told.without("reasoning");
    }
    if ending == Ending::Length && known.is_some_and(|known| !known.tells_length) {
        ending = Ending::LengthUntold;
    }
    let mut anomalies = known.map_or(Vec::new(), |known| known.anomalies.to_vec());
    if scenario.midway != Midway::On {
        // It ends wherever the bytes happen to be.
        anomalies.push("unterminated_frame");
    }

    let endpoint = Endpoint::of(server.dialect(api), url)?;
    let seen = call(&endpoint, api.body(model, &scenario.ask), scenario.midway).await?;
    let expected = Expected { told: &told, choices: scenario.ask.choices, ending, anomalies: &anomalies };
    let mut differences = expected.differences(&seen);
    differences.extend(seen.check_recording(&endpoint, scenario.midway)?);
    if server == Server::Llama && matches!(scenario.midway, Midway::Cancel | Midway::Drop) && !is_idle(url).await? {
        differences.push("the server goes on: it did not see that its reader went away".to_owned());
    }
    Ok(differences)
}

/// Whether llama.cpp's server soon works on nothing. An answer without an end would keep it busy for minutes.
async fn is_idle(url: &str) -> Fallible<bool> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let start = Instant::now();
    while start.elapsed() < IDLE_WITHIN {
        let slots = http.get(format!("{url}/slots")).send().await?.error_for_status()?.text().await?;
        let slots: Vec<Value> = serde_json::from_str(&slots)?;
        if !slots.is_empty() && slots.iter().all(|slot| slot["is_processing"] == false) {
            return Ok(true);
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(false)
}

/// Enough for each script that ends: one that is not kept to must not go on for minutes.
const AMPLE: Option<u32> = Some(500);

const IDLE_WITHIN: Duration = Duration::from_secs(5);

const ENDLESS: Ask<'_> = ask("endless", 1, None);

const SCENARIOS: &[Scenario] = &[
    Scenario { name: "text", ask: ask("text", 1, AMPLE), midway: Midway::On, ending: Ending::Whole },
    Scenario { name: "reasoning", ask: ask("reasoning", 1, AMPLE), midway: Midway::On, ending: Ending::Whole },
    Scenario { name: "parallel calls", ask: ask("calls", 1, AMPLE), midway: Midway::On, ending: Ending::Whole },
    Scenario { name: "two choices", ask: ask("calls", 2, AMPLE), midway: Midway::On, ending: Ending::Whole },
    Scenario { name: "length", ask: ask("endless", 1, Some(40)), midway: Midway::On, ending: Ending::Length },
    Scenario { name: "length in a call", ask: ask("calls", 1, Some(55)), midway: Midway::On, ending: Ending::Length },
    Scenario { name: "cancelled", ask: ENDLESS, midway: Midway::Cancel, ending: Ending::Cancelled },
    Scenario { name: "reader goes away", ask: ENDLESS, midway: Midway::Drop, ending: Ending::Dropped },
];

const fn ask(script: &str, choices: u32, tokens_max: Option<u32>) -> Ask<'_> {
    Ask { script, choices, tokens_max }
}

const KNOWN: &[Known] = &[
    Known {
        server: Server::Llama,
        api: Api::Responses,
        models: &[],
        has_reasoning: true,
        tells_length: false,
        anomalies: &["delta_without_start"],
    },
    Known {
        server: Server::Litellm,
        api: Api::Responses,
        models: &["from-chat", "from-responses"],
        has_reasoning: true,
        tells_length: false,
        anomalies: &["delta_without_start"],
    },
    Known {
        server: Server::Litellm,
        api: Api::Responses,
        models: &["from-messages"],
        has_reasoning: true,
        tells_length: true,
        anomalies: &["delta_without_start", "sequence_gap", "sequence_repeat"],
    },
    Known {
        server: Server::Litellm,
        api: Api::Messages,
        models: &["from-responses"],
        has_reasoning: false,
        tells_length: false,
        anomalies: &[],
    },
];
