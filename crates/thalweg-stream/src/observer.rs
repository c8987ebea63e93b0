use thalweg::Event;
use thalweg::fold::Timing;

/// Looks at a response as it is decoded, and changes nothing: for times, counts and traces.
///
/// It stands ahead of what is held back, of merging and of hooks: what it sees is what the provider said, when it came.
/// `at_us` is that time, by the timer of [`EventStream::with_deadlines`](crate::EventStream::with_deadlines); none where
/// the stream has no timer. Two observers are one: a pair of them.
///
/// ```
/// use futures::StreamExt;
/// use thalweg::{Event, dialects};
/// use thalweg_stream::{Hooks, Observer};
///
/// #[derive(Default)]
/// struct Deltas(usize);
///
/// impl Observer for Deltas {
///     fn event(&mut self, event: &Event<'_>, _at_us: Option<u64>) {
///         self.0 += usize::from(matches!(event, Event::TextDelta { .. }));
///     }
/// }
///
/// # futures::executor::block_on(async {
/// let word = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"}}]}\n\n";
/// let body = futures::stream::iter([Ok::<_, std::io::Error>(word.repeat(3))]);
/// let events = thalweg_stream::events(body, &dialects::OPENAI_CHAT).with_merged_deltas(1024);
/// let mut events = events.with_observer(Deltas::default());
/// while let Some(event) = events.next().await {
///     println!("{event:?}"); // one delta
/// }
/// assert_eq!(events.observer().0, 3);
/// # });
/// ```
pub trait Observer {
    /// A chunk came, which is now decoded.
    fn chunk(&mut self, chunk: &[u8], at_us: Option<u64>) {
        let _ = (chunk, at_us);
    }

    /// The next event.
    fn event(&mut self, event: &Event<'_>, at_us: Option<u64>);
}

/// Nobody.
impl Observer for () {
    #[inline]
    fn event(&mut self, _: &Event<'_>, _: Option<u64>) {}
}

impl<A: Observer, B: Observer> Observer for (A, B) {
    fn chunk(&mut self, chunk: &[u8], at_us: Option<u64>) {
        self.0.chunk(chunk, at_us);
        self.1.chunk(chunk, at_us);
    }

    fn event(&mut self, event: &Event<'_>, at_us: Option<u64>) {
        self.0.event(event, at_us);
        self.1.event(event, at_us);
    }
}

/// Of a stream with a timer; without one it stays as it is.
impl Observer for Timing {
    fn chunk(&mut self, _: &[u8], at_us: Option<u64>) {
        if let Some(at_us) = at_us {
            self.bytes_at(at_us);
        }
    }

    fn event(&mut self, event: &Event<'_>, at_us: Option<u64>) {
        if let Some(at_us) = at_us {
            self.apply_at(event, at_us);
        }
    }
}
