/** Endpoints of the pods of a Kubernetes cluster. */
@NullMarked
package io.llmd.scheduler.discovery.kube;

import org.jspecify.annotations.NullMarked;
