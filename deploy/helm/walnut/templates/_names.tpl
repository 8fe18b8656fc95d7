{{/* Name of everything in this release. */}}
{{- define "walnut.name" -}}
{{- if contains "walnut" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-walnut" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "walnut.selector" -}}
app.kubernetes.io/name: walnut
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "walnut.labels" -}}
{{ include "walnut.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* Every member, by the stable name of its pod: id=host:peerPort:clientPort,... */}}
{{- define "walnut.peers" -}}
{{- $name := include "walnut.name" . }}
{{- $root := . }}
{{- range $i := until (int .Values.replicas) }}{{ if $i }},{{ end }}{{ $name }}-{{ $i }}={{ $name }}-{{ $i }}.{{ $name }}-headless.{{ $root.Release.Namespace }}.svc.{{ $root.Values.clusterDomain }}:{{ $root.Values.ports.peer }}:{{ $root.Values.ports.client }}{{ end }}
{{- end }}
