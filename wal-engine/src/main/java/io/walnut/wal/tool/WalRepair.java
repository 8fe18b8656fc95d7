package io.walnut.wal.tool;

import io.walnut.wal.Wal;
import io.walnut.wal.WalCorruptException;
import io.walnut.wal.WalOptions;
import io.walnut.wal.io.FileChannelStorage;
import io.walnut.wal.io.Storage;
import io.walnut.wal.recovery.RecoveryListener;
import io.walnut.wal.recovery.RecoveryPolicy;
import io.walnut.wal.recovery.RecoveryReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Mends the damaged log of a directory that no process has open. Every segment is verified first. What is damaged is never
 * deleted: it keeps its place in the directory, under the name of evidence.
 */
public final class WalRepair {
    private WalRepair() {}

    /**
     * What may be done. Without any of it, a damaged log is refused as by any open.
     *
     * @param copies directory of segments from a checkpoint or a backup; what is damaged or lost is taken from there
     * @param endLsn the log is to end there: what comes after it is dropped
     * @param quarantine what is damaged and has no copy may become a hole
     */
    public record Consent(Optional<Path> copies, OptionalLong endLsn, boolean quarantine) {}

    /** What {@link #run} would find and leave. Changes nothing. */
    public static RecoveryReport look(Path directory, Consent consent, RecoveryListener listener) throws IOException {
        return open(WalLook.overlay(directory), consent, listener);
    }

    /**
     * Repairs the log and closes it in order. Durable on return; after a crash it is as it was, or repaired.
     *
     * @throws WalCorruptException when consent does not reach so far; nothing was changed
     * @throws io.walnut.wal.WalLockedException when a process has the log open
     */
    public static RecoveryReport run(Path directory, Consent consent, RecoveryListener listener) throws IOException {
        WalLook.requireLog(directory);
        return open(FileChannelStorage.at(directory), consent, listener);
    }

    private static RecoveryReport open(Storage storage, Consent consent, RecoveryListener listener) throws IOException {
        RecoveryPolicy policy = RecoveryPolicy.defaults().withListener(listener);
        if (consent.quarantine) {
            policy = policy.withOnCorruption(RecoveryPolicy.OnCorruption.QUARANTINE);
        }
        if (consent.endLsn.isPresent()) {
            policy = policy.withEndLsn(consent.endLsn.getAsLong());
        }
        if (consent.copies.isEmpty()) {
            return recover(storage, policy);
        }
        try (Storage copies = FileChannelStorage.existing(consent.copies.get())) {
            return recover(storage, policy.withCopies(copies));
        }
    }

    private static RecoveryReport recover(Storage storage, RecoveryPolicy policy) throws IOException {
        WalOptions options = WalOptions.defaults()
                .withVerification(WalOptions.Verification.FULL)
                .withRecovery(policy);
        try (Wal wal = Wal.open(storage, options)) {
            return wal.recoveryReport();
        }
    }
}
