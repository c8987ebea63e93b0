//! The ladder from counting line ends to a folded response, under every kind of chunking.
//!
//! `cargo bench -p thalweg-bench`, or with a filter: `cargo bench -p thalweg-bench -- 'openai-chat text/16384'`.

use core::hint::black_box;
use core::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use thalweg_bench::steps;
use thalweg_bench::streams::{KINDS, Kind, Stream};

fn ladder(criterion: &mut Criterion) {
    for stream in KINDS.iter().map(Kind::typical) {
        for (name, chunk_bytes) in CHUNKINGS {
            let mut group = criterion.benchmark_group(format!("{} {}/{name}", stream.protocol(), stream.name));
            group.throughput(Throughput::Bytes(stream.bytes.len() as u64));
            climb(&mut group, &stream, chunk_bytes);
            group.finish();
        }
    }
}

fn climb(group: &mut BenchmarkGroup<'_, WallTime>, stream: &Stream, chunk_bytes: usize) {
    group.bench_function("memchr", |bencher| bencher.iter(|| steps::memchr(black_box(stream), chunk_bytes)));
    group.bench_function("framing", |bencher| {
        bencher.iter(|| {
            let mut data_bytes = 0;
            steps::framing(black_box(stream), chunk_bytes, |data| data_bytes += data.len());
            data_bytes
        });
    });
    group.bench_function("decode", |bencher| {
        bencher.iter(|| {
            let mut visible_bytes = 0;
            steps::decode(black_box(stream), chunk_bytes, |_, text| visible_bytes += text.len());
            visible_bytes
        });
    });
    group.bench_function("decode_owned", |bencher| {
        bencher.iter(|| {
            let mut visible_bytes = 0;
            steps::decode_owned(black_box(stream), chunk_bytes, |_, text| visible_bytes += text.len());
            visible_bytes
        });
    });
    group.bench_function("fold", |bencher| bencher.iter(|| steps::fold(black_box(stream), chunk_bytes)));
}

/// Two hundred and fifty cases: half a second each keeps the whole at two minutes.
fn short() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(400))
        .without_plots()
}

const CHUNKINGS: [(&str, usize); 5] =
    [("whole", usize::MAX), ("16384", 16 * 1024), ("1460", 1460), ("64", 64), ("1", 1)];

criterion_group! { name = benches; config = short(); targets = ladder }
criterion_main!(benches);
