/** Replicas of a Kubernetes cluster: which there are, who may scale them, and how their number is changed. */
@NullMarked
package io.llmd.autoscaler.kube;

import org.jspecify.annotations.NullMarked;
