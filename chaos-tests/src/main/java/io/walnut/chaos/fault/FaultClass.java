package io.walnut.chaos.fault;

/** What can happen to a cluster, by its nature. The scorecard has a row for each, run or not; none is ever taken out. */
public enum FaultClass {
    KILL_ONE("a node's process ends without a word"),
    KILL_LEADER_STORM("each leader is killed soon after it was elected"),
    KILL_MAJORITY("a majority, or all nodes, end at once"),
    PAUSE("a process stands still and goes on as if nothing had been"),
    PARTITION("two parts of the cluster do not reach each other"),
    PARTITION_LEADER("the leader reaches nobody"),
    PARTITION_OVERLAPPING("each node reaches a majority, but not the same one: ring, bridge"),
    PARTITION_ONE_WAY("a link is dead in one direction"),
    PARTITION_CLIENTS("clients reach a node that its peers do not, or the reverse"),
    LOSS("packets are lost"),
    DELAY("packets come late, or overtake each other"),
    BANDWIDTH("a link is slow"),
    DUPLICATION("messages arrive twice"),
    WIRE_CORRUPTION("bytes are altered on the way"),
    RESET("connections are torn down"),
    CLOCK_JUMP("a wall clock jumps"),
    CLOCK_SKEW("clocks run at different rates"),
    DISK_FULL("a disk has no room"),
    WRITE_ERROR("a write fails"),
    READ_ERROR("a read fails"),
    SYNC_ERROR("a sync fails once, the next one says yes"),
    SLOW_DISK("syncs take long"),
    HUNG_DISK("a sync does not return for long"),
    LYING_DISK("a sync says yes and does nothing, then the power is cut"),
    POWER_CUT_ONE("the power of a node is cut"),
    POWER_CUT_ALL("the power of a majority, or of all nodes, is cut at once"),
    TORN_WRITE("the last write before a power cut is half there"),
    BIT_ROT_LOG("bits of a log segment flip"),
    BIT_ROT_VOTE("bits of the file of term and vote flip"),
    BIT_ROT_SNAPSHOT("bits of a snapshot flip"),
    BIT_ROT_METADATA("bits of a manifest or another small file flip"),
    FILE_TRUNCATED("a file is cut short"),
    FILE_LOST("a file is gone"),
    FILE_SWAPPED("two files change places, or an older one comes back"),
    DISK_LOST("a node's whole disk is gone"),
    MEMBERSHIP("members come and go"),
    LEADERSHIP("leadership is handed over again and again"),
    SNAPSHOT_INSTALL("a node comes back after the log it needs is gone"),
    ROLLING_RESTART("nodes are stopped in order and started again, one after another"),
    UPGRADE("nodes of two versions run together"),
    MEMORY("a process runs out of memory"),
    DESCRIPTORS("a process runs out of file descriptors"),
    CONNECTIONS("a node is flooded with connections"),
    MALFORMED("a node is sent what is no request"),
    REFUSED_CLIENTS("clients come that are not allowed to"),
    TERMINATION("a process is told to end in the middle of its work");

    private final String text;

    FaultClass(String text) {
        this.text = text;
    }

    /** In words. */
    public String text() {
        return text;
    }
}
