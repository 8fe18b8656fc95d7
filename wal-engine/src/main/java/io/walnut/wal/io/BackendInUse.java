package io.walnut.wal.io;

/**
 * How the durable writes of a storage reach the disk.
 *
 * @param backend not {@link Backend#AUTO}
 * @param reason why this one, for people
 */
public record BackendInUse(Backend backend, String reason) {}
