package io.walnut.wal.store;

/**
 * A batch is in its log.
 *
 * @param nextOffset offset after its last record
 * @param timestampMs time of the append, milliseconds since the epoch; never decreases within a store
 * @param duplicate it was appended before, by the same producer; offsets and time are those of the first time
 * @param durable whether it is on the device; else the operating system has it, as the policy of the store wants it
 */
public record Appended(
        String log, long firstOffset, long nextOffset, long timestampMs, boolean duplicate, boolean durable) {}
