@NullMarked
package io.walnut.node.rpc;

import org.jspecify.annotations.NullMarked;
