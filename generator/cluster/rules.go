// SPDX-License-Identifier: Apache-2.0

package cluster

// rules make the plan, in this order: each fills its part of the cluster from the inventory and the table of defaults,
// reports what breaks a rule, and reads only what rules before it have filled in.
var rules = []func(*planner){
	// What the cluster is.
	planClusterName,
	planVersion,
	planDNSDomain,
	planSecrets,

	// The machines and where they are.
	planNetwork,
	planSubnets,
	planNameservers,
	planSearchAndNTP,
	planRoles,
	planNodeNames,
	planAddresses,
	checkNodeFamilies,
	planInterfaces,
	planMACs,
	planInstanceIDs,
	checkTopology,
	planLoadBalancer,
	planEndpoint,
	planHosts,

	// What runs on them.
	planSoftware,
	planRuntime,
	planBundle,
	planSystems,
	checkSystems,
	checkContainerd,
	planAPT,
	planProxy,
	planRegistries,
	planCACertificates,
	planProgress,
	planTimezones,
	planUser,
	planFiles,
	planCommands,

	// Kubernetes.
	planTimeouts,
	planPreflight,
	planPatches,
	planCertSANs,
	planImageRepository,
	planComponents,
	planKubelet,
	planKubeletArgs,
	planKubeProxy,
	planLabels,
	planTaints,
	planNodeRanges,
	planCNI,
	planFirewall,
	planMachineChecks,

	// Where they run.
	planHyperV,
}
