//! Calls: who runs them, where their input is, and what came of them. One row a type of item.

use super::items::Kind;
use crate::emitter::{At, Emitter, Fragment, List, Span};
use crate::event::{BlockClose, BlockId, BlockKind, Host, InputForm, Part};
use crate::json::{Error, Raw, elements, members};

/// A type of item that is a call.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tool {
    pub(super) wire: &'static str,
    /// The tool's name; "" where the item says it.
    name: &'static str,
    runs: Runs,
    form: InputForm,
    /// Where the input is: the first of these that is there.
    input: [&'static str; 2],
    /// Where what came of it is.
    results: [&'static str; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Runs {
    Client,
    /// The client, unless the item names a place at the provider's.
    ClientOrContainer,
    /// The provider, unless the item says it is the client.
    ProviderOrClient,
    Provider,
    Mcp,
}

const fn tool(wire: &'static str, name: &'static str, runs: Runs, input: [&'static str; 2]) -> Tool {
    Tool { wire, name, runs, form: InputForm::Json, input, results: ["", ""] }
}

impl Tool {
    const fn text(mut self) -> Self {
        self.form = InputForm::Text;
        self
    }

    const fn results(mut self, one: &'static str, two: &'static str) -> Self {
        self.results = [one, two];
        self
    }

    /// The members of an item of this type that are read.
    pub(super) fn known(&self) -> impl Iterator<Item = &'static str> {
        let name = self.name.is_empty().then_some("name");
        let server = (self.runs == Runs::Mcp).then_some("server_label");
        let picture = self.is_image().then_some("result");
        let always = ["call_id", "pending_safety_checks"];
        always.into_iter().chain(self.input).chain(self.results).chain(name).chain(server).chain(picture)
    }

    fn is_image(&self) -> bool {
        self.wire == IMAGE
    }
}

const TOOLS: &[Tool] = &[
    tool("function_call", "", Runs::Client, ["arguments", ""]),
    tool("custom_tool_call", "", Runs::Client, ["input", ""]).text(),
    tool("computer_call", "computer", Runs::Client, ["actions", "action"]),
    tool("local_shell_call", "local_shell", Runs::Client, ["action", ""]),
    tool("shell_call", "shell", Runs::ClientOrContainer, ["action", ""]),
    tool("apply_patch_call", "apply_patch", Runs::Client, ["operation", ""]),
    tool("tool_search_call", "tool_search", Runs::ProviderOrClient, ["arguments", ""]),
    tool("web_search_call", "web_search", Runs::Provider, ["action", ""]).results("results", ""),
    tool("file_search_call", "file_search", Runs::Provider, ["queries", ""]).results("results", ""),
    tool("code_interpreter_call", "code_interpreter", Runs::Provider, ["code", ""]).text().results("outputs", ""),
    tool(IMAGE, "image_generation", Runs::Provider, ["", ""]).results("error", ""),
    tool("mcp_call", "", Runs::Mcp, ["arguments", ""]).results("output", "error"),
    tool("mcp_list_tools", "mcp_list_tools", Runs::Mcp, ["", ""]).results("tools", "error"),
    tool("program", "program", Runs::Provider, ["code", ""]).text(),
];
const IMAGE: &str = "image_generation_call";

pub(super) fn find(wire: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.wire == wire)
}

/// Whether frames of their own say how an item of this type goes on.
pub(super) fn has_status(wire: &str) -> bool {
    matches!(wire, "compaction") || find(wire).is_some()
}

/// The members of an item that is a call, verbatim.
pub(super) struct Call<'a> {
    json: &'a str,
    tool: &'static Tool,
    id: Option<Fragment<'a>>,
    call_id: Option<Fragment<'a>>,
    name: Option<Fragment<'a>>,
    server: Option<Fragment<'a>>,
    input: Option<(&'static str, Raw)>,
    results: [Option<Raw>; 2],
    picture: Option<Fragment<'a>>,
    is_elsewhere: bool,
    checks: Option<Raw>,
}

impl<'a> Call<'a> {
    pub(super) fn read(json: &'a str, tool: &'static Tool, depth: u16) -> Result<Self, Error> {
        let names =
            ["id", "call_id", "name", "server_label", "environment", "execution", "result", "pending_safety_checks"];
        let [id, call_id, name, server, environment, execution, picture, checks] = members(json, names, depth)?;
        let inputs = members(json, tool.input, depth)?;
        let input = tool.input.into_iter().zip(inputs).find_map(|(name, raw)| Some((name, raw?)));
        let text = |raw: Option<Raw>| raw.and_then(|raw| Fragment::value(raw.of(json)));
        let place = match environment {
            Some(environment) => Fragment::member(environment.of(json), "type", depth)?,
            None => None,
        };
        let is_container = place.is_some_and(|place| place.is("container_auto") || place.is("container_reference"));
        let is_client = text(execution).is_some_and(|word| word.is("client"));
        Ok(Self {
            json,
            tool,
            id: text(id),
            call_id: text(call_id),
            name: text(name),
            server: text(server),
            input,
            results: members(json, tool.results, depth)?,
            picture: text(picture).filter(|picture| tool.is_image() && !picture.is_empty()),
            is_elsewhere: match tool.runs {
                Runs::Client => false,
                Runs::ClientOrContainer => is_container,
                Runs::ProviderOrClient => !is_client,
                Runs::Provider | Runs::Mcp => true,
            },
            checks: checks.filter(|raw| raw.of(json) != "[]"),
        })
    }

    fn name(&self) -> Option<Fragment<'a>> {
        if self.tool.name.is_empty() { self.name } else { Some(self.tool.name.into()) }
    }

    /// The id that the call is answered under.
    fn answer_id(&self) -> Option<Fragment<'a>> {
        self.call_id.filter(|id| !id.is_empty()).or(self.id)
    }

    fn kind(&self, id: Option<Fragment<'_>>, out: &mut Emitter) -> BlockKind<Span> {
        let id = out.id(id);
        let name = self.name().map(|name| out.text(name)).unwrap_or_default();
        if !self.is_elsewhere {
            return BlockKind::tool_call(id, name, self.tool.form);
        }
        let server = self.server.map(|server| out.text(server));
        BlockKind::hosted_call(id, name, self.tool.form, self.tool.host(), server)
    }

    /// The call begins. What its first frame has of its input is held: the next frames have more.
    pub(super) fn start(&self, number: u64, out: &mut Emitter) {
        // A client answers under the call id, which may come with the whole item: until then it has none.
        let id = if self.is_elsewhere { self.answer_id() } else { self.call_id };
        let kind = self.kind(id, out);
        if let Some(block) = out.start_at(At::item(number), self.id, kind) {
            self.with_input(|input| out.hold(block, input, true));
        }
    }

    /// The call is whole: its input is compared with what came of it, and what came of the call is given.
    pub(super) fn end(&self, number: u64, how: BlockClose, out: &mut Emitter) -> Result<(), Error> {
        let at = At::item(number);
        // Items' ids change on some servers: only the id that the client answers under is compared.
        let id = if out.has_call_id(at) { self.call_id } else { self.answer_id() };
        let is_other = out.block_at(at).is_some_and(|block| out.host_of(block).is_some() != self.is_elsewhere);
        if is_other || (out.name_at(at, id, self.name()).is_none() && !out.has_begun(at)) {
            let kind = self.kind(self.answer_id(), out);
            out.start_at(at, self.id, kind);
        }
        let Some(block) = out.call_at(at) else { return Ok(()) };
        let is_said = !out.is_open(block);
        self.with_input(|input| out.restate(block, input));
        if let Some(checks) = self.checks.filter(|_| !is_said) {
            let json = alloc::format!("{{\"pending_safety_checks\":{}}}", checks.of(self.json));
            out.put(block, Part::Json, json.as_str().into());
        }
        out.end_block(block, how);
        self.say_picture(number, how, out);
        self.say_results(number, block, how, out)
    }

    /// Gives on the input: a string's text, any other value as it stands. A list becomes an object, as every input is.
    fn with_input(&self, mut give: impl FnMut(Fragment<'_>)) {
        let Some((name, raw)) = self.input else { return };
        let value = raw.of(self.json);
        match Fragment::value(value) {
            Some(text) => give(text),
            None if value.starts_with('[') => give(alloc::format!("{{\"{name}\":{value}}}").as_str().into()),
            None => give(value.into()),
        }
    }

    fn say_picture(&self, number: u64, how: BlockClose, out: &mut Emitter) {
        let at = At::part(number, List::Result, 0);
        if let Some(picture) = self.picture
            && let Some(block) = out.block_at(at).or_else(|| out.start_at(at, self.id, BlockKind::Image))
            && out.is_open(block)
        {
            out.put(block, Part::Base64, picture);
        }
        if let Some(block) = out.block_at(at) {
            out.end_block(block, how);
        }
    }

    fn say_results(&self, number: u64, call: BlockId, how: BlockClose, out: &mut Emitter) -> Result<(), Error> {
        let at = At::part(number, List::Result, 1);
        if out.has_begun(at) {
            return Ok(());
        }
        let results = self.tool.results.into_iter().zip(self.results);
        let results = results.filter_map(|(name, raw)| Some((name, raw?.of(self.json))));
        let mut block = None;
        for (name, json) in results.filter(|(_, json)| !matches!(*json, "[]" | "\"\"")) {
            let opened = match block {
                Some(block) => block,
                None => {
                    let is_error = name == "error" || how == BlockClose::Failed || self.has_failed();
                    let call_id = self.id.map(|id| out.text(id));
                    let kind = BlockKind::tool_result(Some(call), call_id, is_error);
                    match out.start_at(at, None, kind) {
                        Some(block) => block,
                        None => return Ok(()),
                    }
                }
            };
            block = Some(opened);
            out.put(opened, Part::Json, json.into());
        }
        if let Some(block) = block {
            out.end_block(block, BlockClose::Complete);
        }
        Ok(())
    }

    fn has_failed(&self) -> bool {
        self.tool.results.into_iter().zip(self.results).any(|(name, raw)| name == "error" && raw.is_some())
    }
}

impl Tool {
    /// Whether someone else than the client runs it, whatever the item says.
    pub(super) fn is_hosted(&self) -> bool {
        matches!(self.runs, Runs::Provider | Runs::Mcp)
    }

    fn host(&self) -> Host {
        if self.runs == Runs::Mcp { Host::Mcp } else { Host::Provider }
    }

    /// What frames about a call open that nobody announced.
    pub(super) fn unannounced(&self, id: Option<Fragment<'_>>, out: &mut Emitter) -> BlockKind<Span> {
        let name = out.text(self.name.into());
        match self.runs {
            Runs::Client if name.is_empty() => Emitter::unannounced_call(self.form),
            // Where the item must say who runs it, nobody does until it has.
            Runs::Client => {
                let id = out.id(None);
                BlockKind::tool_call(id, name, self.form)
            }
            _ => {
                let id = out.id(id);
                BlockKind::hosted_call(id, name, self.form, self.host(), None)
            }
        }
    }
}

/// The block of a call, opened where frames about it come first.
pub(super) fn block(number: u64, tool: &Tool, id: Option<Fragment<'_>>, out: &mut Emitter) -> Option<BlockId> {
    let at = At::item(number);
    if let Some(block) = out.block_at(at) {
        return Some(block);
    }
    let kind = tool.unannounced(id, out);
    out.start_at(at, id, kind)
}

/// A picture that is not final yet.
pub(super) fn say_preview(
    number: u64,
    id: Option<Fragment<'_>>,
    (index, base64): (u64, Fragment<'_>),
    out: &mut Emitter,
) {
    let at = At::part(number, List::Result, 0);
    if let Some(block) = out.block_at(at).or_else(|| out.start_at(at, id, BlockKind::Image)) {
        let base64 = out.text(base64);
        out.data(block, Part::preview(u32::try_from(index).unwrap_or(u32::MAX), base64));
    }
}

/// What a client's tool, or a program at the provider's, gave: the item as it stands.
pub(super) fn say_output(number: u64, json: &str, is_done: bool, out: &mut Emitter) -> Result<(), Error> {
    let [id, call_id] = members(json, ["id", "call_id"], out.limits().json_depth)?;
    let [id, call_id] = [id, call_id].map(|raw| raw.and_then(|raw| Fragment::value(raw.of(json))));
    let call = call_id.and_then(|id| out.call_block(id));
    let at = At::item(number);
    let call_id = call_id.map(|id| out.text(id));
    let kind = BlockKind::tool_result(call, call_id, false);
    say_whole(at, id, kind, json, is_done, out);
    Ok(())
}

/// An item that comes whole: its block begins when it is announced, and has the item when it is done.
pub(super) fn say_whole(
    at: At,
    id: Option<Fragment<'_>>,
    kind: BlockKind<Span>,
    json: &str,
    is_done: bool,
    out: &mut Emitter,
) {
    let known = out.block_at(at).filter(|_| is_done);
    if let Some(block) = known.or_else(|| out.start_at(at, id, kind))
        && is_done
        && out.is_open(block)
    {
        out.put(block, Part::Json, json.into());
        out.end_block(block, BlockClose::Complete);
    }
}

/// The kinds of an item's parts are none of a call's business; this asks whether an item is one.
pub(super) const fn tool_of(kind: Kind) -> Option<&'static Tool> {
    match kind {
        Kind::Tool(tool) => Some(tool),
        _ => None,
    }
}

/// How an item's own status says that it ended.
pub(super) fn how(status: Option<Fragment<'_>>) -> BlockClose {
    match status {
        Some(status) if status.is("incomplete") => BlockClose::Incomplete,
        Some(status) if status.is("failed") => BlockClose::Failed,
        _ => BlockClose::Complete,
    }
}

/// Calls `say` with each element of a list.
pub(super) fn each(
    list: Option<&str>,
    depth: u16,
    say: impl FnMut(u64, &str) -> Result<(), Error>,
) -> Result<(), Error> {
    list.map_or(Ok(()), |list| elements(list, depth, say))
}
