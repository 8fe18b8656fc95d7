package io.walnut.wal;

import java.io.IOException;

/** What can go wrong with a log; each kind is named by what the caller can do next. */
public abstract sealed class WalException extends IOException
        permits WalClosedException,
                WalPoisonedException,
                WalCorruptException,
                WalLockedException,
                WalTrimmedException,
                WalRangeException,
                WalGapException,
                BatchTooLargeException,
                WalStorageFullException,
                UnsupportedVersionException,
                WalIoException {
    private static final long serialVersionUID = 1;

    WalException(String message) {
        super(message);
    }

    WalException(String message, Throwable cause) {
        super(message, cause);
    }
}
