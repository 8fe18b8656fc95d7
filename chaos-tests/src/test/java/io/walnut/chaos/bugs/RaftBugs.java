package io.walnut.chaos.bugs;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.jboss.byteman.rule.Rule;

/** Bugs that need the types of Ratis. */
public class RaftBugs extends BugHelper {
    private static final long KEPT_FOR_FOLLOWERS = 10;

    public RaftBugs(Rule rule) {
        super(rule);
    }

    public void readOptionDefault(RaftProperties keys) {
        RaftServerConfigKeys.Read.setOption(keys, RaftServerConfigKeys.Read.Option.DEFAULT);
    }

    public void enableLease(RaftProperties keys) {
        RaftServerConfigKeys.Read.setLeaderLeaseEnabled(keys, true);
    }

    public void purgeEarly(RaftProperties keys) {
        RaftServerConfigKeys.Log.setPurgePreservationLogNum(keys, KEPT_FOR_FOLLOWERS);
        RaftServerConfigKeys.Log.setPurgeGap(keys, 1);
    }

    /** As if the last of these entries were durable. */
    public CompletableFuture<Long> lastOf(List<LogEntryProto> entries) {
        return CompletableFuture.completedFuture(entries.getLast().getIndex());
    }
}
