# SPDX-License-Identifier: Apache-2.0
#Requires -Version 5.1
<#
.SYNOPSIS
Ejects the media of machines that are complete, and deletes the medium files. Asks before each.
.DESCRIPTION
Media hold secrets, the first control plane's those of the whole cluster. A machine needs its medium until it is complete,
which this script sees through Hyper-V's data exchange; where it cannot see it, -Force takes your word for it. The bundle is
ejected and not deleted. hakube-seed gen writes media again from the inventory and the secrets.
.PARAMETER Node
Only these nodes.
.PARAMETER Force
Also those of which the host does not see that they are complete.
.PARAMETER KeepFiles
Eject only.
.EXAMPLE
.\Remove-HAKubeMedia.ps1 -WhatIf
.EXAMPLE
.\Remove-HAKubeMedia.ps1 -Confirm:$false
#>
[CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High')]
param(
    [string[]]$Node,
    [switch]$Force,
    [switch]$KeepFiles
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$cluster = & (Join-Path $PSScriptRoot 'Read-HAKubeCluster.ps1') -Node $Node
$progress = @{}
foreach ($row in @(& (Join-Path $PSScriptRoot 'Get-HAKubeProgress.ps1') -Node $Node)) {
    # The first control plane reports of the cluster when it is complete itself.
    $complete = $row.State -eq 'complete' -or $row.Step -eq 'cluster'
    $progress[$row.Node] = $complete
}

# Ejects what these scripts put into the machine's drives, and nothing else.
function Remove-Medium($Machine) {
    $ours = @($Machine.MediumPath, $Machine.BundlePath | Where-Object { $_ -ne '' })
    foreach ($drive in @(Get-VMDvdDrive -VM $Machine.Machine | Where-Object { $_.Path -and $ours -contains $_.Path })) {
        Set-VMDvdDrive -VMDvdDrive $drive -Path $null
    }
    # A medium that is a disk (gen --format vhdx).
    Get-VMHardDiskDrive -VM $Machine.Machine | Where-Object { $_.Path -eq $Machine.MediumPath } | Remove-VMHardDiskDrive
}

$results = foreach ($machine in $cluster.Machines) {
    $result = [pscustomobject]@{ Node = $machine.Node; VM = $machine.VM; State = 'kept'; Detail = $machine.MediumPath }
    try {
        if ($machine.State -ne 'ours') {
            throw "There is no machine '$($machine.VM)' that New-HAKubeCluster.ps1 made for this node; its medium was left as it is."
        }
        if (-not $progress[$machine.Node] -and -not $Force) {
            throw ('The host does not see that this machine is complete. When kubectl get nodes shows the node Ready (a load ' +
                'balancer: when the API answers through it), use -Force.')
        }
        if ($PSCmdlet.ShouldProcess("'$($machine.VM)' and $($machine.MediumPath)", 'eject the medium and delete it')) {
            Remove-Medium $machine
            $result.State = 'ejected'
            if (-not $KeepFiles -and (Test-Path -LiteralPath $machine.MediumPath)) {
                Remove-Item -LiteralPath $machine.MediumPath -Force
                $result.State = 'ejected, deleted'
            }
        }
    }
    catch {
        $result.State = 'LEFT'
        $result.Detail = $_.Exception.Message
    }
    $result
}

$results | Format-Table -AutoSize -Wrap | Out-Host
if (@($results | Where-Object { $_.State -eq 'LEFT' }).Count -gt 0) {
    exit 1
}
