package io.walnut.wal;

/** How far an append has come when its caller hears of it. */
public enum Acknowledge {
    /** The batch has its LSNs and is in memory: the end of the process takes it. */
    ENQUEUED,
    /** The operating system has it: a power cut takes it, or a crash of the system. */
    WRITTEN,
    /** It is on the device: nothing takes it, whatever the policy of the log is. */
    DURABLE
}
