# SPDX-License-Identifier: Apache-2.0
#Requires -Version 5.1
<#
.SYNOPSIS
Starts the machines of the cluster, load balancers first.
.DESCRIPTION
The order only saves time: machines wait for each other in whatever order they start. Those that run are left alone.
.PARAMETER Node
Only these nodes.
.PARAMETER PauseSeconds
How long to wait between two machines, for a host whose disks are slow.
.EXAMPLE
.\Start-HAKubeCluster.ps1
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [string[]]$Node,
    [ValidateRange(0, 3600)]
    [int]$PauseSeconds = 0
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$cluster = & (Join-Path $PSScriptRoot 'Read-HAKubeCluster.ps1') -Node $Node

$results = foreach ($machine in $cluster.Machines) {
    $result = [pscustomobject]@{ Node = $machine.Node; VM = $machine.VM; State = 'runs already'; Detail = '' }
    try {
        if ($machine.State -ne 'ours') {
            throw "There is no machine '$($machine.VM)' that New-HAKubeCluster.ps1 made for this node."
        }
        if ($machine.Machine.State -ne 'Running') {
            $result.State = 'would start'
            if ($PSCmdlet.ShouldProcess("virtual machine '$($machine.VM)'", 'start')) {
                Start-VM -VM $machine.Machine
                $result.State = 'started'
                $result.Detail = "console: $($machine.SerialPipe)"
                Start-Sleep -Seconds $PauseSeconds
            }
        }
    }
    catch {
        $result.State = 'NOT STARTED'
        $result.Detail = $_.Exception.Message
    }
    $result
}

$results | Format-Table -AutoSize -Wrap | Out-Host
if (@($results | Where-Object { $_.State -eq 'NOT STARTED' }).Count -gt 0) {
    exit 1
}
