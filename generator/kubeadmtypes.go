// SPDX-License-Identifier: Apache-2.0

package generator

import "github.com/hakube/hakube-seed/generator/cluster"

// The documents of kubeadm that this program writes, with the fields of both configuration versions; what a version
// does not know is left empty for it.
type (
	initConfiguration struct {
		APIVersion       string           `yaml:"apiVersion"`
		Kind             string           `yaml:"kind"`
		BootstrapTokens  []bootstrapToken `yaml:"bootstrapTokens"`
		CertificateKey   string           `yaml:"certificateKey"`
		NodeRegistration nodeRegistration `yaml:"nodeRegistration"`
		LocalAPIEndpoint localAPIEndpoint `yaml:"localAPIEndpoint"`
		Patches          *patches         `yaml:"patches,omitempty"`
		Timeouts         *timeouts        `yaml:"timeouts,omitempty"`
	}
	bootstrapToken struct {
		Token  string   `yaml:"token"`
		TTL    string   `yaml:"ttl"`
		Usages []string `yaml:"usages"`
		Groups []string `yaml:"groups"`
	}
	nodeRegistration struct {
		Name                  string   `yaml:"name"`
		CRISocket             string   `yaml:"criSocket"`
		IgnorePreflightErrors []string `yaml:"ignorePreflightErrors,omitempty"`
		KubeletExtraArgs      args     `yaml:"kubeletExtraArgs"`
		Taints                *[]taint `yaml:"taints,omitempty"` // nil: kubeadm's own; empty: none
	}
	taint struct {
		Key    string `yaml:"key"`
		Value  string `yaml:"value,omitempty"`
		Effect string `yaml:"effect"`
	}
	localAPIEndpoint struct {
		AdvertiseAddress string `yaml:"advertiseAddress"`
		BindPort         int    `yaml:"bindPort"`
	}
	patches struct {
		Directory string `yaml:"directory"`
	}
	timeouts struct {
		ControlPlaneComponentHealthCheck string `yaml:"controlPlaneComponentHealthCheck"`
		KubeletHealthCheck               string `yaml:"kubeletHealthCheck"`
		KubernetesAPICall                string `yaml:"kubernetesAPICall"`
		EtcdAPICall                      string `yaml:"etcdAPICall"`
		TLSBootstrap                     string `yaml:"tlsBootstrap"`
		Discovery                        string `yaml:"discovery"`
		UpgradeManifests                 string `yaml:"upgradeManifests"`
	}
	clusterConfiguration struct {
		APIVersion           string     `yaml:"apiVersion"`
		Kind                 string     `yaml:"kind"`
		ClusterName          string     `yaml:"clusterName"`
		KubernetesVersion    string     `yaml:"kubernetesVersion"`
		ImageRepository      string     `yaml:"imageRepository"`
		ControlPlaneEndpoint string     `yaml:"controlPlaneEndpoint"`
		Networking           networking `yaml:"networking"`
		APIServer            component  `yaml:"apiServer"`
		ControllerManager    component  `yaml:"controllerManager"`
		Scheduler            component  `yaml:"scheduler"`
		Etcd                 etcd       `yaml:"etcd"`
		DNS                  *dns       `yaml:"dns,omitempty"`
		EncryptionAlgorithm  string     `yaml:"encryptionAlgorithm,omitempty"`
	}
	networking struct {
		PodSubnet     string `yaml:"podSubnet"`
		ServiceSubnet string `yaml:"serviceSubnet"`
		DNSDomain     string `yaml:"dnsDomain"`
	}
	component struct {
		CertSANs               []string `yaml:"certSANs,omitempty"`
		TimeoutForControlPlane string   `yaml:"timeoutForControlPlane,omitempty"`
		ExtraArgs              args     `yaml:"extraArgs,omitempty"`
	}
	etcd struct {
		Local    *etcdLocal    `yaml:"local,omitempty"`
		External *etcdExternal `yaml:"external,omitempty"`
	}
	etcdExternal struct {
		Endpoints []string `yaml:"endpoints"`
		CAFile    string   `yaml:"caFile"`
		CertFile  string   `yaml:"certFile"`
		KeyFile   string   `yaml:"keyFile"`
	}
	etcdLocal struct {
		DataDir   string `yaml:"dataDir"`
		ExtraArgs args   `yaml:"extraArgs,omitempty"`
	}
	dns struct {
		ImageRepository string `yaml:"imageRepository"`
	}
	joinConfiguration struct {
		APIVersion       string            `yaml:"apiVersion"`
		Kind             string            `yaml:"kind"`
		Discovery        discovery         `yaml:"discovery"`
		ControlPlane     *joinControlPlane `yaml:"controlPlane,omitempty"`
		NodeRegistration nodeRegistration  `yaml:"nodeRegistration"`
		Patches          *patches          `yaml:"patches,omitempty"`
		Timeouts         *timeouts         `yaml:"timeouts,omitempty"`
	}
	discovery struct {
		BootstrapToken discoveryToken `yaml:"bootstrapToken"`
		Timeout        string         `yaml:"timeout,omitempty"`
	}
	discoveryToken struct {
		Token             string   `yaml:"token"`
		APIServerEndpoint string   `yaml:"apiServerEndpoint"`
		CACertHashes      []string `yaml:"caCertHashes"`
	}
	joinControlPlane struct {
		LocalAPIEndpoint localAPIEndpoint `yaml:"localAPIEndpoint"`
		CertificateKey   string           `yaml:"certificateKey,omitempty"`
	}
)

// args are command line arguments: a list of name and value since v1beta4, before it a mapping, which cannot repeat one.
type args struct {
	api  string
	list []cluster.Arg
}

// IsZero makes omitempty leave empty arguments out.
func (a args) IsZero() bool { return len(a.list) == 0 }

// MarshalYAML returns the form of the configuration version.
func (a args) MarshalYAML() (any, error) {
	if a.api == v1beta3 {
		m := map[string]string{}
		for _, arg := range a.list {
			m[arg.Name] = arg.Value
		}
		return m, nil
	}
	type nameValue struct {
		Name  string `yaml:"name"`
		Value string `yaml:"value"`
	}
	list := []nameValue{}
	for _, arg := range a.list {
		list = append(list, nameValue(arg))
	}
	return list, nil
}
